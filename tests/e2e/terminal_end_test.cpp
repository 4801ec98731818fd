// What is left behind when gomend ends or is ended (terminal_scenario.hpp), with plain go as the
// measure.

#include "tests/e2e/terminal_scenario.hpp"

namespace tests {

TEST_CASE("go run ends though its program has left a daemon, whose later words still arrive",
          "[e2e]") {
  const ProbeBed bed;
  const fs::path now = bed.tmp / "now";
  for (const char* redirection : {"", " 2>&1 | cat", " 2>word; cat word"}) {
    INFO(redirection);
    const bool piped = redirection[1] == '2' && redirection[3] == '&';
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      shell.type("go run ./cmd/probe daemon:" + now.string() + " say:left" + redirection + "\n");
      shell.wait_for("\nleft");
      if (!piped) shell.wait_for(prompt);
      write_file(now, "");
      if (contains(redirection, "word"))
        shell.wait_until("a word", [&] { return contains(read_file(bed.app / "word"), "late\n"); });
      else
        shell.wait_for("late");
      if (piped) shell.wait_for(prompt);
      fs::remove(now);
      return shell.screen();
    });
  }
}

TEST_CASE("a killed gomend leaves behind what a killed go does, and no go", "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go run ./cmd/probe say:started pause\n");
    shell.wait_for("\nstarted");
    ::kill(job_of(shell), SIGKILL);
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "probe runs");
    return shell.screen();
  });
}

namespace {

// A broken zip, and a real go that is a script: for this verb it waits until `looked` is there.
// `go env` is what gomend asks first when it looks at the disk: go test is stopped meanwhile.
struct LongLook {
  fs::path looking, looked;
  Env env;
  explicit LongLook(const Bed& bed, const std::string& verb = "env")
      : looking(bed.tmp / "looking"), looked(bed.tmp / "looked") {
    remove_tree(bed.tree(alpha));
    damage(bed.zip(alpha), "half");
    const std::string wait = "if [ \"$1\" = " + verb + " ]; then : >" + looking.string() +
                             "; while [ ! -e " + looked.string() + " ]; do sleep 0.01; done; fi\n";
    env = {
        {"GOMEND_REAL_GO", write_script(bed.tmp / "script/go",
                                        wait + "exec " + bed.toolchain.path.string() + " \"$@\"\n")
                               .string()}};
  }
  void wait(Terminal& terminal) const {
    terminal.wait_until("a look", [&] { return fs::exists(looking); });
  }
};

bool go_is_left(const Terminal& terminal, const Bed& bed) {
  return contains(who(terminal, bed), "go ");
}

}  // namespace

TEST_CASE("a gomend that is ended while it mends for go test leaves no go behind", "[e2e]") {
  for (int number : {SIGKILL, SIGTERM, SIGINT}) {
    INFO(number);
    const Bed bed(gos().back());
    const LongLook look(bed);
    RunOptions options = Place{bed, true}.options(look.env);
    Terminal terminal({"go", "test", "./..."}, options);
    look.wait(terminal);
    ::kill(terminal.pid(), number);
    CHECK(how(terminal.wait_end()) == "signal " + std::to_string(number));
    CHECK(comes_true([&] { return !go_is_left(terminal, bed); }));
  }
}

TEST_CASE("Ctrl-Z and fg while go test is stopped for a look: mended, and each test runs once",
          "[e2e]") {
  const Bed bed(gos().back());
  const LongLook look(bed);
  RunOptions options = Place{bed, true}.shell_options();
  options.env.insert(look.env.begin(), look.env.end());
  Terminal shell(interactive, options);
  shell.wait_for(prompt);
  shell.type("go test ./...\n");
  look.wait(shell);
  shell.type(ctrl_z);
  shell.wait_for("Stopped");
  shell.wait_for(prompt);
  shell.type("fg\n");  // wakes go too
  shell.wait_for("go test");
  write_file(look.looked, "");
  shell.wait_for(prompt);
  check_ended(shell, "ended with 0");
  INFO(shell.screen());
  CHECK(bed.test_runs() == all_tests);
}

TEST_CASE("SIGTERM, SIGHUP and SIGINT sent to gomend alone end go and gomend as plain go",
          "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  for (int number : {SIGTERM, SIGHUP, SIGINT}) {
    INFO(number);
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      compiler.build_in(shell);
      ::kill(job_of(shell), number);
      shell.wait_for(prompt);
      check_ended(shell, "ended with " + std::to_string(128 + number));
      wait_for_state(shell, bed, "sleep runs");
      return shell.screen();
    });
  }
}

TEST_CASE("a terminal that goes away ends go as it ends plain go", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  SECTION("of which go's place is the leader") {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal terminal({"go", "build", compiler.flag, "./cmd/slow"}, place.options());
      compiler.wait(terminal);
      terminal.hang_up();
      const std::string end = how(terminal.wait_end());
      CHECK(comes_true([&] { return who(terminal, bed).empty(); }));
      return end;
    });
  }
  SECTION("of which a shell is") {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      compiler.build_in(shell);
      shell.hang_up();
      CHECK(comes_true([&] { return who(shell, bed).empty(); }));
      return how(shell.wait_end());
    });
  }
}

TEST_CASE("nohup: a SIGHUP is ignored, and what is broken is mended all the same", "[e2e]") {
  const Bed bed(gos().back());
  const LongLook look(bed, "build");
  RunOptions options = Place{bed, true}.shell_options();
  options.env.insert(look.env.begin(), look.env.end());
  Terminal shell(interactive, options);
  shell.wait_for(prompt);
  shell.type("nohup go build ./... >out 2>&1\n");
  look.wait(shell);
  ::kill(job_of(shell), SIGHUP);
  write_file(look.looked, "");
  shell.wait_for(prompt);
  check_ended(shell, "\nended with ");
  shell.wait_for(prompt);
  INFO(shell.screen() << read_file(bed.app / "out"));
  CHECK(contains(shell.screen(), "ended with 0"));
  CHECK(contains(read_file(bed.app / "out"), "; retrying \"go "));
}

}  // namespace tests

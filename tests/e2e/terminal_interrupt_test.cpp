// Ctrl-C and Ctrl-\ on a terminal (terminal_scenario.hpp): what they end, with plain go as the
// measure.

#include "tests/bed/witness.hpp"
#include "tests/e2e/terminal_scenario.hpp"

namespace tests {

TEST_CASE("Ctrl-C and Ctrl-\\ while go compiles end it as plain go", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  for (const char* key : {ctrl_c, ctrl_backslash}) {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal terminal({"go", "build", compiler.flag, "./cmd/slow"}, place.options());
      compiler.wait(terminal);
      terminal.type(key);
      const std::string end = how(terminal.wait_end());
      const std::string& screen = terminal.screen();  // a SIGQUIT makes go dump its goroutines
      return screen.substr(0, screen.find("PC=")) + end;
    });
  }
}

TEST_CASE("Ctrl-C and Ctrl-\\ while go downloads end it as plain go", "[e2e]") {
  const Bed bed(gos().back(), {.modules = Modules::empty});
  bed.proxy.fault({.match = "zip$", .kind = "silence"});
  for (const char* key : {ctrl_c, ctrl_backslash}) {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal terminal({"go", "build", "github.com/acme/alpha"}, place.options());
      terminal.wait_for("go: downloading github.com/acme/alpha v1.1.0\r\n");
      terminal.type(key);
      const std::string end = how(terminal.wait_end());
      const std::string& screen = terminal.screen();
      return screen.substr(0, screen.find("PC=")) + end;
    });
  }
}

TEST_CASE("Ctrl-C reaches the program under go run: it dies of it, or catches it", "[e2e]") {
  const ProbeBed bed;
  for (const char* first : {"say:", "catch:INT"}) {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal terminal({"go", "run", "./cmd/probe", first, "say:started", "pause"},
                        place.options());
      terminal.wait_for("started\r\n");
      terminal.type(ctrl_c);
      return end_of(terminal);
    });
  }
}

TEST_CASE("Ctrl-\\ under go run is as with plain go", "[e2e]") {
  const ProbeBed bed;
  for (const char* first : {"say:", "catch:QUIT"}) {
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal terminal({"go", "run", "./cmd/probe", first, "say:started", "pause"},
                        place.options());
      terminal.wait_for("started\r\n");
      terminal.type(ctrl_backslash);
      const std::string end = how(terminal.wait_end());
      const std::string& screen = terminal.screen();
      return screen.substr(0, screen.find("PC=")) + screen.substr(screen.rfind("exit status")) +
             end;
    });
  }
}

TEST_CASE("Ctrl-C while a test runs is as with plain go", "[e2e]") {
  const ProbeBed bed;
  const fs::path begun = bed.tmp / "begun";
  struct Row {
    const char* first;
    Args args;
    fs::path cwd;
    bool told;  // with a list of packages plain go may end before it has told how the test did
  };
  for (const Row& row : {Row{"say:", {"go", "test"}, bed.app / "cmd/probe", true},
                         Row{"catch:INT", {"go", "test"}, bed.app / "cmd/probe", true},
                         Row{"say:", {"go", "test", "./cmd/probe"}, bed.app, false}}) {
    check_as_plain_go(bed, [&](const Place& place) {
      RunOptions options = place.options(
          {{"STEPS", row.first + std::string(";create:") + begun.string() + ";pause"}});
      options.cwd = row.cwd;
      Terminal terminal(row.args, options);
      terminal.wait_until("the test", [&] { return fs::exists(begun); });
      fs::remove(begun);
      terminal.type(ctrl_c);
      const std::string end = end_of(terminal);
      return row.told ? end : end.substr(end.rfind('\n'));
    });
  }
}

TEST_CASE("what asks gomend to end while it repairs ends it at once, and nothing is lost",
          "[e2e]") {
  struct Row {
    const char* name;
    std::function<void(Terminal&)> act;
    int signal;
  };
  const std::vector<Row> rows = {
      {"Ctrl-C", [](Terminal& terminal) { terminal.type(ctrl_c); }, SIGINT},
      {"Ctrl-\\", [](Terminal& terminal) { terminal.type(ctrl_backslash); }, SIGQUIT},
      {"SIGTERM", [](Terminal& terminal) { ::kill(terminal.pid(), SIGTERM); }, SIGTERM},
      {"a terminal that goes away", [](Terminal& terminal) { terminal.hang_up(); }, SIGHUP},
      {"SIGKILL", [](Terminal& terminal) { ::kill(terminal.pid(), SIGKILL); }, SIGKILL},
  };
  const Bed bed(gos().back());
  break_and_silence(bed);
  const Snapshot broken = bed.modules();
  for (const Row& row : rows) {
    INFO(row.name);
    Terminal terminal({"go", "build", "./..."}, Place{bed, true}.options());
    wait_for_repair(terminal);
    row.act(terminal);
    CHECK(how(terminal.wait_end()) == "signal " + std::to_string(row.signal));
    CHECK(comes_true([&] { return !is_there(terminal, "mod download"); }));
    CHECK(lost_or_changed(broken, bed.modules(), {.ignore = {"cache/gomend*", "*.lock"}}) == "");
  }
  bed.proxy.clear();
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
}

}  // namespace tests

// What comes in from outside: make, FIFOs, closed streams, and the place of PID 1
// (terminal_scenario.hpp), with plain go as the measure.

#include <sys/stat.h>
#include <unistd.h>

#include "tests/bed/machine.hpp"
#include "tests/e2e/terminal_scenario.hpp"

namespace tests {
namespace {

std::string played_in_shell(const Place& place, const std::string& command) {
  const Ran ran = run({"bash", "-c", command}, place.options());
  return how(ran.status) + "\n" + ran.out + ran.err;
}

bool make_knows_fifos(const Bed& bed) {
  return contains(run({"make", "--help"}, {.env = bed.env}).out, "--jobserver-style");
}

}  // namespace

TEST_CASE("make's jobserver reaches a make that go run starts", "[e2e]") {
  const ProbeBed bed;
  write_file(bed.app / "Makefile",
             "all: one two\n"
             "one two:\n\t+@go run ./cmd/probe 'run:make -s -f Makefile sub-'$@\n"
             "sub-%:\n\t@echo $@ $(filter -j% --jobserver%,$(MAKEFLAGS))\n");
  std::vector<std::string> makes = {"make -s -j2 -O"};
  if (make_knows_fifos(bed)) {
    makes.push_back("make -s -j2 -O --jobserver-style=fifo");
  } else {
    WARN("this make has no --jobserver-style: only the one with pipes is tried");
  }
  for (const std::string& make : makes) {
    const auto sorted = [&](const Place& place) {
      std::string text = played_in_shell(place, make);
      CHECK(contains(text, "sub-one"));
      CHECK(!contains(text, "warning"));
      return contains(text, "sub-two") ? "both\n" + how(0) : text;
    };
    check_as_plain_go(bed, sorted);
  }
}

TEST_CASE("<(...), a FIFO and closed streams reach the program under go run as with plain go",
          "[e2e]") {
  const ProbeBed bed;
  const std::string go = "go run ./cmd/probe ";
  REQUIRE(::mkfifo((bed.tmp / "fifo").c_str(), 0600) == 0);
  for (const std::string& command :
       {go + "cat:<(echo text)", go + "cat:/dev/fd/5 5< <(echo text)", "echo line | " + go + "read",
        "echo line >" + (bed.tmp / "fifo").string() + " & " + go + "read <" +
            (bed.tmp / "fifo").string(),
        go + "say:x exit:5 2>&1 | cat; echo ${PIPESTATUS[0]}"}) {
    INFO(command);
    check_as_plain_go(bed, [&](const Place& place) { return played_in_shell(place, command); });
  }
  const fs::path report = bed.tmp / "report";
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    INFO(closed);
    check_as_plain_go(bed, [&](const Place& place) {
      const std::string end =
          played_in_shell(place, go + "streams:" + report.string() + " " + closed);
      const std::string streams = read_file(report);
      fs::remove(report);
      return end + std::regex_replace(streams, std::regex(":\\[[0-9]+\\]"), "");
    });
  }
}

namespace {

// What starts a program as PID 1 of a namespace of its own; empty where that is not allowed.
Args container(const Bed& bed) {
  Args args = {"unshare", "--pid", "--fork", "--mount-proc"};
  if (::geteuid() != 0)
    args = {"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"};
  Args trial = args;
  trial.push_back("true");
  return run(trial, {.env = bed.env}).code() == 0 ? args : Args{};
}

Args in(Args args, const Args& command) {
  args.insert(args.end(), command.begin(), command.end());
  return args;
}

// What `unshare` has started.
pid_t pid_1(const Terminal& terminal) {
  for (const Process& process : terminal.processes()) {
    if (process.parent == terminal.pid()) return process.pid;
  }
  throw std::runtime_error("unshare has started nothing");
}

}  // namespace

TEST_CASE("as PID 1 of a container gomend ends as a shell says it, and takes signals", "[e2e]") {
  const ProbeBed bed;
  const Args box = container(bed);
  if (box.empty()) return skip("needs a PID namespace");
  const HeldCompiler compiler(bed);
  const RunOptions options = Place{bed, true}.options();
  SECTION("go's exit status") {
    const Ran ran = run(in(box, {"go", "vet", "./cmd/none"}), options);
    CHECK(ran.code() == 1);
  }
  SECTION("a SIGTERM while go runs") {
    Terminal terminal(in(box, {"go", "build", compiler.flag, "./cmd/slow"}), options);
    compiler.wait(terminal);
    ::kill(pid_1(terminal), SIGTERM);
    CHECK(how(terminal.wait_end()) == "exit 143");
  }
  SECTION("a go that is killed") {
    Terminal terminal(in(box, {"go", "build", compiler.flag, "./cmd/slow"}), options);
    compiler.wait(terminal);
    const pid_t gomend = pid_1(terminal);
    for (const Process& process : terminal.processes()) {
      if (process.parent == gomend) ::kill(process.pid, SIGKILL);
    }
    CHECK(how(terminal.wait_end()) == "exit 137");
  }
  SECTION("signals while it repairs") {
    break_and_silence(bed);
    for (int number : {SIGTERM, SIGINT, SIGHUP}) {
      Terminal terminal(in(box, {"go", "build", "./..."}), options);
      wait_for_repair(terminal);
      ::kill(pid_1(terminal), number);
      CHECK(how(terminal.wait_end()) == "exit " + std::to_string(128 + number));
    }
  }
}

}  // namespace tests

// Who has a terminal, its modes and its size (terminal_scenario.hpp), with plain go as the measure.

#include <fcntl.h>
#include <unistd.h>

#include "tests/e2e/terminal_scenario.hpp"

namespace tests {

TEST_CASE(
    "a full-screen program under go run gets keys and window sizes, and leaves the terminal as it "
    "was",
    "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal terminal({"go", "run", "./cmd/probe", "full-screen", "read"}, place.options());
    const termios before = terminal.modes();
    terminal.wait_for("\x1b[?1049h24x80");
    CHECK((terminal.modes().c_lflag & ICANON) == 0);
    terminal.type("a");
    terminal.wait_for("<61>");
    terminal.type(ctrl_c);  // a key like any other
    terminal.wait_for("<03>");
    terminal.resize(30, 100);
    terminal.wait_for("[30x100]");
    ::kill(terminal.pid(), SIGWINCH);  // go does not pass it on
    terminal.type("\r");
    terminal.wait_for("<0d>");
    terminal.type("q");
    terminal.wait_for("\x1b[?1049l");
    const termios after = terminal.modes();
    CHECK(after.c_lflag == before.c_lflag);
    CHECK(after.c_iflag == before.c_iflag);
    CHECK(after.c_oflag == before.c_oflag);
    terminal.type("line\n");
    return end_of(terminal);
  });
}

namespace {

// One of 0, 1, 2 (or two, or all) is something else than the terminal.
struct Redirection {
  const char* name;
  std::function<Standard(int file, int read_end, int write_end)> apply;
};

const std::vector<Redirection>& redirections() {
  static const std::vector<Redirection> all = {
      {"none",
       [](int, int, int) {
         return Standard{-1, -1, -1};
       }},
      {"<file",
       [](int file, int, int) {
         return Standard{file, -1, -1};
       }},
      {">file",
       [](int file, int, int) {
         return Standard{-1, file, -1};
       }},
      {"2>file",
       [](int file, int, int) {
         return Standard{-1, -1, file};
       }},
      {"<pipe",
       [](int, int in, int) {
         return Standard{in, -1, -1};
       }},
      {">pipe",
       [](int, int, int out) {
         return Standard{-1, out, -1};
       }},
      {"2>pipe",
       [](int, int, int out) {
         return Standard{-1, -1, out};
       }},
      {">pipe 2>&1",
       [](int, int, int out) {
         return Standard{-1, out, out};
       }},
      {">pipe 2>file",
       [](int file, int, int out) {
         return Standard{-1, out, file};
       }},
  };
  return all;
}

// What the program finds under each redirection, in the file of the step `terminals:`.
std::string terminals_seen(const Place& place, const Args& args, const fs::path& cwd,
                           const fs::path& report, const Args& which) {
  std::string all;
  for (const Redirection& redirection : redirections()) {
    if (std::find(which.begin(), which.end(), redirection.name) == which.end()) continue;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    const int file = ::open((place.bed.tmp / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    RunOptions options = place.options({{"STEPS", "terminals:" + report.string()}});
    options.cwd = cwd;
    Terminal terminal(args, options, redirection.apply(file, ends[0], ends[1]));
    const int status = terminal.wait_end();
    all += std::string(redirection.name) + ": " + how(status) + " " +
           (fs::exists(report) ? read_file(report) : "nothing\n");
    fs::remove(report);
    ::close(ends[0]);
    ::close(ends[1]);
    ::close(file);
  }
  return all;
}

const Args all_of_them = {"none",  "<file",  ">file",      "2>file",      "<pipe",
                          ">pipe", "2>pipe", ">pipe 2>&1", ">pipe 2>file"};

void check_terminals(const Bed& bed, Args args, const fs::path& cwd, const Args& which) {
  const fs::path report = bed.tmp / "report";
  args.insert(args.begin(), "go");
  if (args[1] != "test") args.push_back("terminals:" + report.string());
  INFO(args[1]);
  check_as_plain_go(bed, [&](const Place& place) {
    const std::string seen = terminals_seen(place, args, cwd, report, which);
    CHECK(contains(seen, "true"));
    CHECK(!contains(seen, "nothing"));
    return seen;
  });
}

}  // namespace

TEST_CASE("under go run a program sees a terminal where it would under plain go", "[e2e]") {
  const ProbeBed bed;
  check_terminals(bed, {"run", "./cmd/probe"}, bed.app, all_of_them);
}

TEST_CASE("under go run -x and go run -exec too", "[e2e]") {
  const ProbeBed bed;
  check_terminals(bed, {"run", "-x", "./cmd/probe"}, bed.app, {"none", "2>file"});
  check_terminals(bed, {"run", "-exec", "env", "./cmd/probe"}, bed.app, {"none", "2>file"});
}

TEST_CASE("under go tool a program sees a terminal where it would under plain go", "[e2e]") {
  if (gos().back().minor < 24) return;
  const ProbeBed bed;
  write_file(bed.app / "go.mod",
             read_file(bed.app / "go.mod") + "\ntool example.com/app/cmd/probe\n");
  check_terminals(bed, {"tool", "probe"}, bed.app, {"none", "<pipe", ">file", "2>pipe"});
}

TEST_CASE("in go test of this directory a test sees a terminal where it would under plain go",
          "[e2e]") {
  const ProbeBed bed;
  check_terminals(bed, {"test"}, bed.app / "cmd/probe", {"none", ">file", "2>file", ">pipe 2>&1"});
}

TEST_CASE("in go test -x, -exec and -bench too", "[e2e]") {
  const ProbeBed bed;
  const fs::path here = bed.app / "cmd/probe";
  check_terminals(bed, {"test", "-x"}, here, {"none"});
  check_terminals(bed, {"test", "-exec", "env"}, here, {"none"});
  check_terminals(bed, {"test", "-bench", "Nothing", "-benchtime=1x", "./cmd/probe"}, bed.app,
                  {"none"});
}

TEST_CASE("in go test with a list of packages no test sees a terminal, as under plain go",
          "[e2e]") {
  const ProbeBed bed;
  const fs::path report = bed.tmp / "report";
  for (const char* flag : {"-v", "-json"}) {
    check_as_plain_go(bed, [&](const Place& place) {
      return terminals_seen(place, {"go", "test", flag, "-count=1", "./cmd/probe"}, bed.app, report,
                            {"none"});
    });
  }
}

}  // namespace tests

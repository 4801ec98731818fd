// gomend on a terminal and under job control, with plain go as the measure: a scenario is played
// with the real go and with gomend in its place, and who sits there must see the same: the bytes
// on the screen, how it ended, who is stopped and who is left. gomend's own process is the one
// difference.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <regex>

#include "tests/bed.hpp"
#include "tests/bed/terminal.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string prompt = "ready> ";
constexpr const char* ctrl_c = "\x03";
constexpr const char* ctrl_z = "\x1a";
constexpr const char* ctrl_backslash = "\x1c";

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string how(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

// The bed's project with tests/probe as its cmd/probe.
struct ProbeBed : Bed {
  explicit ProbeBed(const Go& go = gos().back(), const BedOptions& options = {})
      : Bed(go, options) {
    copy_tree(fs::path(GOMEND_TESTS_DIR) / "probe", app / "cmd/probe");
  }
};

// Where a scenario is played: with the real go, or with gomend in its place.
struct Place {
  const Bed& bed;
  bool gomend;

  [[nodiscard]] RunOptions options(Env env = {}) const {
    env.insert(bed.env.begin(), bed.env.end());
    if (gomend) env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"];
    return {.env = env, .cwd = bed.app};
  }
  [[nodiscard]] RunOptions shell_options() const {
    return options({{"PS1", prompt}, {"HISTFILE", "/dev/null"}});
  }
};

const Args interactive = {"bash", "--norc", "--noprofile", "--noediting", "-i"};

// Who else is in the leader's session: "go stopped, probe stopped".
std::string who(const Terminal& terminal, const Bed& bed) {
  std::vector<std::string> all;
  std::string shim;
  std::string go;
  for (const Process& process : terminal.processes()) {
    if (process.state == 'Z' || process.program.empty()) continue;
    const std::string state = process.state == 'T' ? " stopped" : " runs";
    const bool is_shim = process.program == bed.shim;
    const std::string name = fs::path(process.program).filename();
    if (is_shim) shim = state;
    if (!is_shim && name == "go") go = state;
    if (is_shim || name == "bash") continue;
    all.push_back(name + state);
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return shim.empty() || shim == go ? text : text + ", but gomend" + shim;
}

void wait_for_state(Terminal& terminal, const Bed& bed, const std::string& wanted) {
  terminal.wait_until(wanted, [&] { return who(terminal, bed) == wanted; });
}

bool is_there(const Terminal& terminal, const std::string& words) {
  const std::vector<Process> all = terminal.processes();
  return std::any_of(all.begin(), all.end(), [&](const Process& process) {
    return process.state != 'Z' && contains(process.words, words);
  });
}

// The job that the shell has started: go, or gomend in its place.
pid_t job_of(const Terminal& shell) {
  for (const Process& process : shell.processes()) {
    if (process.parent == shell.pid() && fs::path(process.program).filename() == "go")
      return process.pid;
  }
  throw std::runtime_error("the shell has no job");
}

// Without what is never the same twice.
std::string lasting(std::string text) {
  text = std::regex_replace(text, std::regex("\\[1\\] [0-9]+"), "[1] PID");
  text = std::regex_replace(text, std::regex("go-build[0-9]+"), "go-buildN");
  text = std::regex_replace(text, std::regex("[0-9]+\\.[0-9]+ ?(s|ns/op)"), "N s");
  // What ends by the Ctrl-C that ends go too is told of by go, or not.
  text = std::regex_replace(text, std::regex("example[^\\n]*hold: signal: interrupt\r?"), "");
  // The last prompt may come too late to be read, or not.
  return std::regex_replace(text, std::regex("[\\r\\n]*(ready> )?$"), "");
}

using Scenario = std::function<std::string(const Place&)>;

void check_as_plain_go(const Bed& bed, const Scenario& scenario) {
  const std::string plain = lasting(scenario({bed, false}));
  const std::string ran = lasting(scenario({bed, true}));
  INFO("plain go: " << plain);
  INFO("gomend:   " << ran);
  CHECK(ran == plain);
}

std::string end_of(Terminal& terminal) {
  const int status = terminal.wait_end();
  return terminal.screen() + "\n" + how(status);
}

fs::path write_script(const fs::path& path, const std::string& lines) {
  write_file(path, "#!/bin/sh\n" + lines);
  fs::permissions(path, fs::perms{0755});
  return path;
}

// A package whose compiler never comes to an end: it has become a `sleep`.
struct HeldCompiler {
  std::string flag;
  explicit HeldCompiler(const Bed& bed) {
    write_file(bed.app / "cmd/slow/main.go", "package main\n\nfunc main() {}\n");
    const fs::path hold = write_script(
        bed.tmp / "hold", "case \"$*\" in *-V=full*) exec \"$@\";; esac\nexec sleep 1000\n");
    flag = "-toolexec=" + hold.string();
  }
  static void wait(Terminal& terminal) {
    terminal.wait_until("the compiler", [&] { return is_there(terminal, "sleep 1000"); });
  }
};

// A zip that is broken and must be fetched again, from a source that says nothing until its fault
// is cleared: gomend repairs for ever.
void break_and_silence(const Bed& bed) {
  remove_tree(bed.tree(alpha));
  damage(bed.zip(alpha), "half");
  bed.proxy.fault({.match = "zip$", .kind = "silence"});
}

void wait_for_repair(Terminal& terminal) {
  terminal.wait_until("a download", [&] { return is_there(terminal, "mod download"); });
}

}  // namespace

// ---- Ctrl-C, Ctrl-\ ----

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

// ---- Ctrl-Z, fg, bg ----

TEST_CASE("Ctrl-Z stops the job, fg takes it up again", "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go run ./cmd/probe say:started read\n");
    shell.wait_for("\nstarted");
    shell.type(ctrl_z);
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, probe stopped");
    shell.type("fg\n");
    shell.wait_for("go run");
    wait_for_state(shell, bed, "go runs, probe runs");
    shell.type("line\n");
    shell.wait_for("read line");
    shell.wait_for(prompt);
    shell.type("echo ended with $?\n");
    shell.wait_for("ended with 0");
    return shell.screen() + who(shell, bed);
  });
}

TEST_CASE("Ctrl-Z while go compiles, and bg", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go build " + compiler.flag + " ./cmd/slow\n");
    compiler.wait(shell);
    shell.type(ctrl_z);
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, sleep stopped");
    shell.type("bg\n");
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go runs, sleep runs");
    shell.type("kill -INT %1; wait\n");
    shell.wait_for(prompt);
    shell.type("jobs\n");
    shell.wait_for(prompt);
    return shell.screen() + who(shell, bed);
  });
}

TEST_CASE("Ctrl-Z while gomend repairs: it stops with its helper, and fg takes the repair up again",
          "[e2e]") {
  const Bed bed(gos().back());
  break_and_silence(bed);
  Terminal shell(interactive, Place{bed, true}.shell_options());
  shell.wait_for(prompt);
  shell.type("go build ./...\n");
  wait_for_repair(shell);
  shell.type(ctrl_z);
  shell.wait_for("Stopped");
  shell.wait_for(prompt);
  wait_for_state(shell, bed, "go stopped");
  bed.proxy.clear();
  shell.type("fg\n");
  shell.wait_for("running go again");
  shell.wait_for(prompt);
  shell.type("echo ended with $?\n");
  shell.wait_for("ended with 0");
}

TEST_CASE("a stop signal that is sent to the job's process alone stops go, SIGCONT wakes it",
          "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  for (int number : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    INFO(number);
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      shell.type("go build " + compiler.flag + " ./cmd/slow\n");
      compiler.wait(shell);
      ::kill(job_of(shell), number);
      shell.wait_for(prompt);
      wait_for_state(shell, bed, "go stopped, sleep runs");
      ::kill(job_of(shell), SIGCONT);
      wait_for_state(shell, bed, "go runs, sleep runs");
      ::kill(job_of(shell), number);
      wait_for_state(shell, bed, "go stopped, sleep runs");
      shell.type("fg\n");
      shell.wait_for("go build");
      wait_for_state(shell, bed, "go runs, sleep runs");
      shell.type(ctrl_c);
      shell.wait_for(prompt);
      shell.type("echo ended with $?\n");
      shell.wait_for("\nended with ");
      shell.wait_for(prompt);
      return shell.screen();
    });
  }
}

TEST_CASE("stop signals and SIGCONT in quick succession leave a job that runs", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  Terminal shell(interactive, Place{bed, true}.shell_options());
  shell.wait_for(prompt);
  shell.type("go build " + compiler.flag + " ./cmd/slow &\n");
  compiler.wait(shell);
  const pid_t job = job_of(shell);
  for (int i = 0; i < 2000; ++i) {
    const pid_t to = i % 2 == 0 ? job : -job;
    ::kill(to, i % 3 == 0 ? SIGTTIN : SIGTSTP);
    if (i % 5 != 0) ::usleep(static_cast<useconds_t>(i % 40));
    ::kill(to, SIGCONT);
  }
  wait_for_state(shell, bed, "go runs, sleep runs");
}

// gomend can't see a SIGSTOP, and so can't pass it on: plain go would stand still, this go runs on
// until it has something to say that nobody takes.
TEST_CASE("SIGSTOP stops the whole job; gomend alone it can stop, and SIGCONT takes it up again",
          "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go build " + compiler.flag + " ./cmd/slow &\n");
    compiler.wait(shell);
    shell.type("kill -STOP %1\n");
    wait_for_state(shell, bed, "go stopped, sleep stopped");
    shell.type("kill -CONT %1\n");
    wait_for_state(shell, bed, "go runs, sleep runs");
    ::kill(job_of(shell), SIGSTOP);
    ::kill(job_of(shell), SIGCONT);
    wait_for_state(shell, bed, "go runs, sleep runs");
    return who(shell, bed);
  });
}

TEST_CASE("under stty tostop a background go that writes is stopped, and fg lets it write",
          "[e2e]") {
  const ProbeBed bed;
  write_file(bed.app / "cmd/broken/main.go", "package main\n\nfunc main() { undefined() }\n");
  // Built before: plain go that has to link under tostop is stopped once more, before the program.
  CHECK(bed.go({"run", "./cmd/probe"}).code() == 0);
  struct Row {
    const char* command;
    const char* stopped;  // plain go; with gomend go itself may have said its last already
    const char* word;
  };
  const bool keeps_programs = bed.toolchain.minor >= 24;
  for (const Row& row :
       {Row{"go build ./cmd/broken", "go stopped", "undefined: undefined"},
        Row{"go run ./cmd/probe err:word", "go stopped, probe stopped", "\nword"},
        Row{"go run ./cmd/probe say:word", "go stopped, probe stopped", "\nword"}}) {
    if (contains(row.command, "go run") && !keeps_programs) continue;
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      shell.type("stty tostop\n");
      shell.wait_for(prompt);
      shell.type(std::string(row.command) + " &\n");
      shell.wait_for(prompt);
      shell.wait_until("a stopped job", [&] {
        const std::string now = who(shell, bed);
        return now == row.stopped || now == ", but gomend stopped";
      });
      shell.type("jobs\n");
      shell.wait_for("Stopped");
      shell.wait_for(prompt);
      CHECK(!contains(shell.screen(), row.word));
      shell.type("fg\n");
      shell.wait_for(row.word);
      shell.wait_for(prompt);
      shell.type("echo ended with $?\n");
      shell.wait_for("\nended with");
      shell.wait_for(prompt);
      return shell.screen() + who(shell, bed);
    });
  }
}

TEST_CASE("a background go run whose program reads the terminal is stopped, and fg lets it read",
          "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go run ./cmd/probe read &\n");
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, probe stopped");
    shell.type("jobs\n");
    shell.wait_for("Stopped");
    shell.wait_for(prompt);
    shell.type("fg\n");
    shell.wait_for("go run");
    shell.type("line\n");
    shell.wait_for("read line");
    shell.wait_for(prompt);
    return shell.screen() + who(shell, bed);
  });
}

// ---- windows, modes, who has a terminal ----

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

// ---- what is left, and what comes later ----

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

TEST_CASE("a gomend that is ended while go test is stopped for a look leaves no stopped go behind",
          "[e2e]") {
  for (int number : {SIGKILL, SIGTERM, SIGINT}) {
    INFO(number);
    const Bed bed(gos().back());
    const LongLook look(bed);
    RunOptions options = Place{bed, true}.options(look.env);
    Terminal terminal({"go", "test", "./..."}, options);
    look.wait(terminal);
    CHECK(contains(who(terminal, bed), "go stopped"));
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
  shell.type("echo ended with $?\n");
  shell.wait_for("ended with 0");
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
      shell.type("go build " + compiler.flag + " ./cmd/slow\n");
      compiler.wait(shell);
      ::kill(job_of(shell), number);
      shell.wait_for(prompt);
      shell.type("echo ended with $?\n");
      shell.wait_for("ended with " + std::to_string(128 + number));
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
      shell.type("go build " + compiler.flag + " ./cmd/slow\n");
      compiler.wait(shell);
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
  shell.type("echo ended with $?\n");
  shell.wait_for("\nended with ");
  shell.wait_for(prompt);
  INFO(shell.screen() << read_file(bed.app / "out"));
  CHECK(contains(shell.screen(), "ended with 0"));
  CHECK(contains(read_file(bed.app / "out"), "running go again"));
}

// ---- what else comes in from outside ----

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

// ---- PID 1 of a container ----

namespace {

// What starts a program as PID 1 of a namespace of its own; empty where that is not allowed.
Args container(const Bed& bed) {
  Args args = {"unshare", "--pid", "--fork", "--mount-proc"};
  if (::geteuid() != 0)
    args = {"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"};
  Args trial = args;
  trial.push_back("true");
  const Ran ran = run(trial, {.env = bed.env});
  if (ran.code() == 0) return args;
  WARN("no PID namespace is allowed here (" << ran.err << "): nothing is tried as PID 1");
  return {};
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
  if (box.empty()) return;
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

// Promises 1, 2 and 11 from outside: what goes in reaches go, what go says and how it ends comes
// back.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

void drop_standard_input() {
  close(0);
}
void drop_standard_error() {
  close(2);
}
void ignore_children() {
  signal(SIGCHLD, SIG_IGN);
}
void ignore_hangup_and_block_usr1() {
  signal(SIGHUP, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
}
void open_a_jobserver() {
  int ends[2];
  if (pipe(ends) != 0) return;
  if (write(ends[1], "++", 2) != 2) return;
  dup2(ends[0], 3);
  dup2(ends[1], 4);
  close(ends[1] > 4 ? ends[1] : 99);
  close(ends[0] > 4 ? ends[0] : 99);
}

}  // namespace

TEST_CASE("every exit code 0 to 255 comes back unchanged") {
  for (int code = 0; code <= 255; ++code) {
    INFO(code);
    REQUIRE(run_go({"vet"}, "exit " + std::to_string(code)).exit_code() == code);
  }
}

TEST_CASE("dies of the signal that killed go") {
  for (int number : {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT, SIGBUS,
                     SIGFPE,  SIGKILL, SIGUSR1, SIGSEGV,   SIGUSR2, SIGPIPE, SIGALRM,
                     SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGSYS}) {
    INFO(number);
    REQUIRE(run_go({"vet"}, "die " + std::to_string(number)).death_signal() == number);
  }
}

TEST_CASE("go sees the user's own command line") {
  const GoRun run = run_go({"list", "-f", "{{.Dir}} 'x'", "", "./..."}, "args");
  CHECK(run.out == "go\nlist\n-f\n{{.Dir}} 'x'\n\n./...\n");
}

TEST_CASE("a successful command prints nothing of ours") {
  const GoRun run =
      run_go({"build", "./..."}, "err go: downloading example.com/a v1.0.0; out hello");
  CHECK(run.out == "hello\n");
  CHECK(run.err == "go: downloading example.com/a v1.0.0\n");
  CHECK(run.exit_code() == 0);
}

TEST_CASE("a compile error of the user's is passed on byte by byte, and go runs once") {
  const ScratchDir dir;
  const GoRun run = run_go(
      {"build"}, "log " + dir.path("runs") + "; err # m/p\\n./p.go:3:2: undefined: x; exit 1");
  CHECK(run.err == "# m/p\n./p.go:3:2: undefined: x\n");
  CHECK(run.exit_code() == 1);
  const std::string runs = dir.text_of("runs");  // a quiet `go env` may be among them
  CHECK(runs.starts_with("build\n"));
  CHECK(runs.find("build", 1) == std::string::npos);
}

TEST_CASE("2>&1 keeps the order of stdout and stderr") {
  for (const char* verb : {"build", "test", "list"}) {
    std::string expected;
    for (int i = 0; i < 500; ++i)
      expected += "out " + std::to_string(i) + "\nerr " + std::to_string(i) + "\n";
    const GoRun run =
        run_go({verb, "./..."}, "order 500", {.env = {}, .merged = true, .input = {}});
    CHECK(run.out == expected);
  }
}

TEST_CASE("two redirections to one file keep their own offsets") {
  const ScratchDir dir;
  const int out = open(dir.path("f").c_str(), O_CREAT | O_WRONLY, 0600);
  const int err = open(dir.path("f").c_str(), O_WRONLY);
  const int pid = start_go({"build"}, "out 0123456789; err abc", {}, out, out, err);
  int raw = 0;
  waitpid(pid, &raw, 0);
  close(out);
  close(err);
  CHECK(dir.text_of("f") == "abc\n456789\n");
}

TEST_CASE("inherited descriptors reach go, make's jobserver among them, and none of ours") {
  for (const char* verb : {"version", "build", "list"}) {
    const GoRun run =
        run_go({verb, "./..."}, "fds; read-fd 3", {.env = {}, .input = {}, .before_exec = [] {
                                                     open_a_jobserver();
                                                     close(4);
                                                   }});
    CHECK(run.out == "fds 0 1 2 3\n++");
  }
}

TEST_CASE("a closed standard stream stays closed for go") {
  CHECK(
      run_go({"build"}, "fds", {.env = {}, .input = {}, .before_exec = drop_standard_input}).out ==
      "fds 1 2\n");
  CHECK(
      run_go({"build"}, "fds", {.env = {}, .input = {}, .before_exec = drop_standard_error}).out ==
      "fds 0 1\n");
}

TEST_CASE("an ignored SIGCHLD stays ignored for go, and its end is seen all the same") {
  const GoRun run = run_go({"build"}, "signals; exit 9",
                           {.env = {}, .input = {}, .before_exec = ignore_children});
  CHECK(run.exit_code() == 9);
  CHECK(run.out.find("SigIgn:\t0000000000010000") != std::string::npos);
}

TEST_CASE("the signal mask and ignored signals reach go as they came") {
  const GoRun run = run_go({"build"}, "signals",
                           {.env = {}, .input = {}, .before_exec = ignore_hangup_and_block_usr1});
  CHECK(run.out == "SigBlk:\t0000000000000200\nSigIgn:\t0000000000000001\n");
}

TEST_CASE("standard input reaches go") {
  CHECK(run_go({"run", "."}, "cat", {.env = {}, .input = "typed"}).out == "typed");
}

TEST_CASE("a large output comes through whole") {
  const std::string expected(5 << 20, 'b');
  for (const char* verb : {"build", "list", "test"}) {
    CHECK(run_go({verb, "-deps", "./..."}, "big 5242880").out == expected);
  }
}

TEST_CASE("output held back is written in full when go fails") {
  const GoRun run = run_go({"list", "-deps"}, "out one; err broken; out two; exit 1");
  CHECK(run.out == "one\ntwo\n");
  CHECK(run.err == "broken\n");
  CHECK(run.exit_code() == 1);
}

TEST_CASE(
    "go's own end is ours, though a grandchild holds stderr; what it says later still arrives") {
  const ScratchDir dir;
  const int file = open(dir.path("err").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  const int null = open("/dev/null", O_RDWR);
  const int pid = start_go({"build"}, "daemon 3000 late; err early; exit 4", {}, null, null, file);
  int raw = 0;
  waitpid(pid, &raw, 0);
  CHECK(WEXITSTATUS(raw) == 4);
  CHECK(dir.text_of("err") == "early\n");
  for (int i = 0; i < 200 && dir.text_of("err") == "early\n"; ++i) usleep(100000);
  CHECK(dir.text_of("err") == "early\nlate\n");
  close(file);
  close(null);
}

TEST_CASE("a reader that leaves early gives go its SIGPIPE") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const int null = open("/dev/null", O_RDWR);
  for (const char* verb : {"build", "list"}) {
    const int pid =
        start_go({verb, "-deps"}, "sleep 100; big 300000; sleep 100; big 300000; exit 0", {}, null,
                 ends[1], null);
    int raw = 0;
    waitpid(pid, &raw, 0);
    CHECK(WIFSIGNALED(raw));
    CHECK(WTERMSIG(raw) == SIGPIPE);
  }
  close(ends[1]);
  close(null);
}

TEST_CASE("a signal sent to gomend alone reaches go") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGQUIT}) {
    const std::string pid_file = dir.path("pid" + std::to_string(number));
    const int out = open(dir.path("out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int pid = start_go(
        {"build"}, "catch " + std::to_string(number) + "; pid " + pid_file + "; sleep 10000", {},
        null, out, null);
    REQUIRE(wait_until(file_exists, pid_file));
    REQUIRE(wait_until(blocks_signals, std::to_string(pid)));
    kill(pid, number);
    int raw = 0;
    waitpid(pid, &raw, 0);
    CHECK(WEXITSTATUS(raw) == 7);
    CHECK(dir.text_of("out").starts_with("caught "));
    close(out);
  }
  close(null);
}

TEST_CASE("a killed gomend leaves no go behind") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  for (const char* verb : {"build", "run", "test", "tool"}) {
    const std::string pid_file = dir.path(verb);
    const int pid =
        start_go({verb, "./x"}, "pid " + pid_file + "; sleep 60000", {}, null, null, null);
    REQUIRE(wait_until(file_exists, pid_file));
    usleep(50000);
    const std::string go = std::to_string(std::stoi(dir.text_of(verb)));
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    CHECK(wait_until(process_gone, go));
  }
  close(null);
}

TEST_CASE("GOMEND=off execs the real go at once") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  const int pid = start_go({"build"}, "pid " + dir.path("pid") + "; exit 5",
                           {.env = {"GOMEND=off"}, .input = {}}, null, null, null);
  int raw = 0;
  waitpid(pid, &raw, 0);
  close(null);
  CHECK(WEXITSTATUS(raw) == 5);
  CHECK(dir.text_of("pid") == std::to_string(pid) + "\n");
}

TEST_CASE("go's telemetry child is exec'd at once") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  const int pid = start_go({"mod", "download"}, "pid " + dir.path("pid"),
                           {.env = {"GO_TELEMETRY_CHILD=2"}, .input = {}}, null, null, null);
  waitpid(pid, nullptr, 0);
  close(null);
  CHECK(dir.text_of("pid") == std::to_string(pid) + "\n");
}

TEST_CASE("GOMEND_QUIET and the loop guard leave no trace in go's environment") {
  CHECK(run_go({"build"}, "env GOMEND_VIA; env GOROOT; env GOFLAGS").out ==
        "GOMEND_VIA=(unset)\nGOROOT=(unset)\nGOFLAGS=(unset)\n");
}

// The quiet helper: output captured, time bounded, nothing left behind.

#include "recovery/os/run.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>

#include "recovery/os/changed_signal.hpp"
#include "recovery/os/env.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/seccomp.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using namespace std::chrono_literals;
using recovery::run;
using recovery::RunResult;

RunResult shell(const std::string& script, std::chrono::milliseconds limit = 20s,
                const std::vector<std::string>& env = {"PATH=/usr/bin:/bin"}) {
  return run({"/bin/sh", "-c", script}, env, "/", limit);
}

std::string read_file_if_there(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double seconds_of(const std::function<void()>& what) {
  const auto begin = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("a helper's output and status come back", "[recovery]") {
  const RunResult good = shell("echo out; echo err >&2");
  CHECK(good.ok);
  CHECK(good.exit_code == 0);
  CHECK(good.out == "out\n");
  CHECK(good.err == "err\n");
  const RunResult bad = shell("exit 7");
  CHECK_FALSE(bad.ok);
  CHECK(bad.exit_code == 7);
  const RunResult dead = shell("kill -9 $$");
  CHECK_FALSE(dead.ok);
  CHECK(dead.exit_code == -1);
  CHECK_FALSE(dead.timed_out);
}

TEST_CASE("a helper has the environment and the directory it is given, and no input",
          "[recovery]") {
  const RunResult result = run({"/usr/bin/env"}, {"A=1", "B=x y"}, "/usr", 20s);
  CHECK(result.out == "A=1\nB=x y\n");
  CHECK(run({"/bin/pwd"}, {}, "/usr", 20s).out == "/usr\n");
  CHECK(shell("cat").out.empty());
}

TEST_CASE("a helper that hangs is ended", "[recovery]") {
  RunResult result;
  CHECK(seconds_of([&] { result = shell("echo begun; exec sleep 60", 300ms); }) < 10);
  CHECK(result.timed_out);
  CHECK_FALSE(result.ok);
  CHECK(result.out == "begun\n");
}

bool is_gone(const std::string& pid_file) {
  const std::string pid = std::to_string(std::stol(read_file(pid_file)));
  for (int i = 0; i < 100; ++i) {
    const std::string stat = read_file_if_there("/proc/" + pid + "/stat");
    if (stat.empty() || stat.find(") Z") != stat.npos) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

TEST_CASE("a helper that hangs is ended with all that it has started (issue 15.18)", "[recovery]") {
  const TempDir dir;
  const std::string child = (dir.path() / "child").string();
  const std::string below = (dir.path() / "below").string();
  // As go has a git, and that an ssh, which may be in a session of its own.
  const RunResult result = shell("sh -c 'echo $$ >" + child + "; setsid sh -c \"echo \\$\\$ >" +
                                     below + "; exec sleep 60\"; true' & wait",
                                 1000ms);
  CHECK(result.timed_out);
  CHECK(is_gone(child));
  CHECK(is_gone(below));
}

TEST_CASE("the time for which we are stopped is not the helper's (issue 15.13)", "[recovery]") {
  const pid_t child = ::fork();
  if (child == 0) {
    const RunResult result = shell("sleep 3; exit 3", 2000ms);
    ::_exit(result.exit_code == 3 ? 0 : 1);
  }
  std::this_thread::sleep_for(300ms);
  ::kill(child, SIGSTOP);
  std::this_thread::sleep_for(2400ms);
  ::kill(child, SIGCONT);
  int raw = 0;
  ::waitpid(child, &raw, 0);
  CHECK(raw == 0);
}

TEST_CASE("who is ended is ended though it starts others all the time (issue 15.18)",
          "[recovery]") {
  const TempDir dir;
  const std::string count = (dir.path() / "count").string();
  const RunResult result =
      shell("while :; do (sleep 0.3; echo >>" + count + ") & sleep 0.01; done", 500ms);
  CHECK(result.timed_out);
  const std::string then = read_file(count);
  std::this_thread::sleep_for(600ms);
  CHECK(read_file(count) == then);
}

TEST_CASE("a helper has signals as this process found them (issue 15.14)", "[recovery]") {
  const recovery::ChangedSignal limit(SIGXFSZ, SIG_IGN);
  CHECK(shell("grep SigIgn /proc/self/status").out == "SigIgn:\t0000000000000000\n");
}

TEST_CASE("a helper is waited for by who ignores the end of its children", "[recovery]") {
  const recovery::ChangedSignal children(SIGCHLD, SIG_IGN);
  const RunResult result = shell("echo out; exit 7");
  CHECK(result.exit_code == 7);
  CHECK(result.out == "out\n");
}

TEST_CASE("a helper is run without pidfds and close_range, too (issue 15.13)", "[recovery]") {
  for (const int error : {ENOSYS, EPERM}) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!forbid(newer_calls(), error)) ::_exit(0);
      const RunResult result = shell("echo out; sleep 0.1; exit 7");
      const bool is_ended = shell("sleep 60 & sleep 60", 300ms).timed_out;
      ::_exit(result.out == "out\n" && result.exit_code == 7 && is_ended ? 0 : 1);
    }
    int raw = 0;
    ::waitpid(child, &raw, 0);
    CHECK(raw == 0);
  }
}

TEST_CASE("large output is read, and kept up to a limit", "[recovery]") {
  const RunResult result = shell("head -c 40000000 /dev/zero; head -c 100000 /dev/zero >&2");
  CHECK(result.ok);
  CHECK(result.out.size() >= (16U << 20));
  CHECK(result.out.size() < (17U << 20));
  CHECK(result.err.size() == 100000);
}

TEST_CASE("a grandchild that holds the streams open is not waited for", "[recovery]") {
  const TempDir dir;
  const std::string pid_file = (dir.path() / "pid").string();
  RunResult result;
  const double seconds =
      seconds_of([&] { result = shell("sleep 60 & echo $! > " + pid_file + "; echo done", 30s); });
  CHECK(seconds < 10);
  CHECK(result.ok);
  CHECK(result.out == "done\n");
  CHECK_FALSE(result.timed_out);
  ::kill(static_cast<pid_t>(std::stol(read_file(pid_file))), SIGKILL);
}

TEST_CASE("what gets on has no limit, and what is silent is ended with all below it",
          "[recovery]") {
  const auto moving = [](const std::string& script, std::chrono::milliseconds silence) {
    return recovery::run_while_it_moves({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, "/",
                                        silence);
  };
  const RunResult slow =
      moving("for i in 1 2 3 4 5 6 7 8 9 10; do sleep .3; echo $i; done", 1500ms);
  CHECK(slow.ok);
  CHECK(slow.out.ends_with("9\n10\n"));
  const RunResult slow_below = moving(
      "sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep .3; echo $i >/dev/null; done'", 1500ms);
  CHECK(slow_below.ok);
  RunResult silent;
  const double seconds = seconds_of([&] { silent = moving("echo a; sleep 60", 1s); });
  CHECK(seconds < 30);
  CHECK(silent.timed_out);
  CHECK(silent.out == "a\n");
}

TEST_CASE("a program that is not there is an error", "[recovery]") {
  CHECK_THROWS(run({"/nonexistent/go"}, {}, "/", 1s));
  CHECK_THROWS(run({"/bin/true"}, {}, "/nonexistent/directory", 1s));
}

TEST_CASE("an environment is read and changed by name", "[recovery]") {
  std::vector<std::string> env{"A=1", "AB=2", "A=3", "C"};
  CHECK(recovery::env_value(env, "A") == "3");
  CHECK(recovery::env_value(env, "AB") == "2");
  CHECK(recovery::env_value(env, "C").empty());
  CHECK(recovery::env_value(env, "D").empty());
  recovery::set_env(env, "A", "x=y");
  CHECK(env == std::vector<std::string>{"AB=2", "C", "A=x=y"});
}

}  // namespace tests

// The quiet helper: output captured, time bounded, nothing left behind.

#include "recovery/run.hpp"

#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/bed/files.hpp"
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

// `gomend go …`: whatever the gomend that is called go does, this does, too. Each row is run both
// ways; what the stand-in go sees, says and ends with must be the same.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

namespace fs = std::filesystem;

const std::string alpha = "github.com/acme/alpha@v1.1.0";

struct Row {
  std::vector<std::string> arguments;
  std::string script;
  std::string input = {};
  std::vector<std::string> env = {};
  bool merged = false;
};

GoRun run_as(bool companion, const Row& row) {
  return run_go(row.arguments, row.script,
                {.env = row.env, .merged = row.merged, .input = row.input, .companion = companion});
}

}  // namespace

TEST_CASE("gomend go: go gets and gives what it gets and gives under the name go") {
  const std::vector<Row> rows = {
      {{}, "args; exit 2"},
      {{"--help"}, "args"},
      {{"-h"}, "args"},
      {{"--", "x"}, "args; exit 2"},
      {{"help", "build"}, "args"},
      {{"list", "-f", "{{.Dir}} 'x'", "", "./..."}, "args"},
      {{"-C", "/", "build"}, "args; signals; fds"},
      {{"build", "./..."}, "err go: downloading example.com/a v1.0.0; out hello"},
      {{"build"}, "err # m/p\\n./p.go:3:2: undefined: x; exit 1"},
      {{"test", "./..."}, "order 200", "", {}, true},
      {{"run", "."}, "err one; program is-tty 0,is-tty 1,cat,out ran,exit 3", "typed"},
      {{"run", "."}, "program no-such"},
      {{"tool", "x"}, "is-tty 2; out x; exit 5"},
      {{"list", "-deps"}, "out one; err broken; out two; exit 1"},
      {{"env"}, "env GOMEND_VIA; env GOROOT; env GOFLAGS; exit 4"},
      {{"build"}, "out off; exit 9", "", {"GOMEND=off"}},
      {{"version"}, "out never", "", {"PATH=/nonexistent", "GOROOT="}},
  };
  for (const Row& row : rows) {
    const GoRun as_go = run_as(false, row);
    const GoRun as_companion = run_as(true, row);
    INFO(row.script << "\n" << as_go.out << as_go.err);
    CHECK(as_companion.out == as_go.out);
    CHECK(as_companion.err == as_go.err);
    CHECK(as_companion.raw == as_go.raw);
  }
}

TEST_CASE("gomend go: every exit status comes back, and the signal that killed go") {
  for (int code = 0; code <= 255; code += 5) {
    INFO(code);
    CHECK(run_as(true, {{"vet"}, "exit " + std::to_string(code)}).exit_code() == code);
  }
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGSEGV, SIGPIPE, SIGTERM}) {
    INFO(number);
    CHECK(run_as(true, {{"build"}, "die " + std::to_string(number)}).death_signal() == number);
  }
}

TEST_CASE("gomend go: a signal sent to gomend alone reaches go, and an exec'd one is go") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  const GoOptions options{.env = {}, .input = {}, .companion = true};
  const int out = open(dir.path("out").c_str(), O_CREAT | O_WRONLY, 0600);
  int pid = start_go({"build"}, "catch 15; pid " + dir.path("pid") + "; sleep 10000", options, null,
                     out, null);
  REQUIRE(wait_until(file_exists, dir.path("pid")));
  REQUIRE(wait_until(blocks_signals, std::to_string(pid)));
  kill(pid, SIGTERM);
  int raw = 0;
  waitpid(pid, &raw, 0);
  CHECK(WEXITSTATUS(raw) == 7);
  CHECK(dir.text_of("out") == "caught 15\n");
  close(out);
  pid = start_go({"version"}, "pid " + dir.path("exec"), options, null, null, null);
  waitpid(pid, nullptr, 0);
  CHECK(dir.text_of("exec") == std::to_string(pid) + "\n");
  close(null);
}

TEST_CASE("gomend go: the companion's own file, a copy and a link of it are not the real go") {
  const ScratchDir dir;
  std::string path;
  const auto add = [&](const std::string& name) {
    fs::create_directories(dir.path(name));
    path += dir.path(name) + ":";
    return dir.path(name) + "/go";
  };
  fs::copy_file(tests::gomend_binary, add("copy"));
  fs::create_symlink(tests::gomend_binary, add("link"));
  fs::create_hard_link(tests::gomend_binary, add("hard"));
  fs::copy_file(tests::fake_go, add("real"));
  const auto named = [&](const std::string& go) {
    return run_as(true, {{"build"}, "out found", "", {"PATH=" + path, "GOMEND_REAL_GO=" + go}});
  };
  CHECK(named("").out == "found\n");
  // What was named, and can't be run, is not passed over for another go (issue 15.11).
  CHECK(named(tests::gomend_binary).exit_code() == 126);
  CHECK(named("/nonexistent/go").exit_code() == 127);
}

TEST_CASE("gomend go: a script called go that calls it back is no circle") {
  const ScratchDir dir;
  for (const char* name : {"script", "real"}) fs::create_directories(dir.path(name));
  fs::copy_file(tests::fake_go, dir.path("real/go"));
  for (const char* line : {"exec %s go \"$@\"\n", "%s go \"$@\"\nexit $?\n"}) {
    char text[512];
    snprintf(text, sizeof text, line, tests::gomend_binary);
    tests::write_file(dir.path("script/go"), std::string("#!/bin/sh\n") + text);
    fs::permissions(dir.path("script/go"), fs::perms{0755});
    const std::string path =
        "PATH=" + dir.path("script") + ":" + dir.path("real") + ":/usr/bin:/bin";
    for (const char* verb : {"version", "build"}) {
      const GoRun run = run_as(true, {{verb}, "env GOMEND_VIA; out found", "", {path}});
      CHECK(run.out == "GOMEND_VIA=(unset)\nfound\n");
      CHECK(run.err == "");
    }
  }
}

TEST_CASE("gomend go: a damaged cache is mended, and the program runs once", "[e2e]") {
  for (const tests::Go& go : tests::gos()) {
    DYNAMIC_SECTION(go.version) {
      tests::Bed bed(go);
      tests::damage(bed.zip(alpha), "half");
      tests::remove_tree(bed.tree(alpha));
      const tests::Ran ran = bed.companion({"go", "run", "."});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(ran.out == tests::report_text);
      CHECK(ran.err.find("; retrying \"go ") != std::string::npos);
      const tests::Ran again = bed.companion({"go", "run", "."});
      CHECK(again.out == tests::report_text);
      CHECK(again.err == "");
    }
  }
}

TEST_CASE("gomend help go tells of it; what follows gomend go is go's", "[e2e]") {
  tests::Bed bed(tests::gos().back());
  CHECK(bed.companion({"help", "go"}).out.starts_with("Usage: gomend go ARGUMENT"));
  const tests::Ran ran = bed.companion({"go", "version", "--help"});
  CHECK(ran.err == bed.go({"version", "--help"}).err);
}

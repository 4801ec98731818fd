// The table of go's subcommands: which way each command line is run.
#include "shim/invocation/command.hpp"

#include <stdlib.h>

#include "recovery/go/go_flags.hpp"
#include "tests/catch.hpp"

namespace {

using shim::Command;
using Way = Command::Way;
using Out = Command::Stdout;

std::vector<std::string> words_of(const std::string& line) {
  auto words = recovery::split_quoted("go " + line);
  return words.value();
}

Command classify(const std::string& line) {
  setenv("GOENV", "off", 1);
  return shim::classify(words_of(line));
}

}  // namespace

TEST_CASE("each command goes its way") {
  struct Row {
    const char* line;
    Way way;
    Out out = Out::inherit;
  };
  const Row rows[] = {
      {"", Way::exec},
      {"version", Way::exec},
      {"version -m x", Way::exec},
      {"env GOROOT", Way::exec},
      {"help build", Way::exec},
      {"bug", Way::exec},
      {"telemetry off", Way::exec},
      {"generate ./...", Way::exec},
      {"mod", Way::exec},
      {"mod init x", Way::exec},
      {"mod edit -json", Way::exec},
      {"mod nonsense", Way::exec},
      {"work edit", Way::exec},
      {"nonsense", Way::exec},
      {"-x build", Way::exec},
      {"build -h", Way::exec},
      {"test --help", Way::exec},
      {"clean -modcache", Way::exec},
      {"clean -cache -testcache", Way::exec},
      {"clean", Way::watch},
      {"clean -cache ./...", Way::watch},
      {"build", Way::watch},
      {"-C sub build", Way::watch},
      {"build -json ./...", Way::watch, Out::hold},
      {"install a@latest", Way::watch},
      {"get a@v1", Way::watch},
      {"vet ./...", Way::watch},
      {"fmt ./...", Way::watch},
      {"fix ./...", Way::watch},
      {"doc fmt", Way::watch},
      {"list .", Way::watch},
      {"list ./...", Way::watch, Out::hold},
      {"list a b", Way::watch, Out::hold},
      {"list -deps .", Way::watch, Out::hold},
      {"list -m -json all", Way::watch, Out::hold},
      {"list -f {{.Dir}} .", Way::watch},
      {"mod download", Way::watch},
      {"mod download -json", Way::watch, Out::hold},
      {"mod graph", Way::watch},
      {"mod tidy -compat 1.19", Way::watch},
      {"mod vendor", Way::watch},
      {"mod verify", Way::watch},
      {"mod why a", Way::watch},
      {"work init", Way::watch},
      {"work sync", Way::watch},
      {"work use .", Way::watch},
      {"work vendor", Way::watch},
      {"run .", Way::hook},
      {"run", Way::exec},
      {"run -exec x .", Way::exec},
      {"run -n .", Way::exec},
      {"run -x .", Way::exec},
      {"test", Way::hook, Out::test_stream},
      {"test -run X", Way::hook, Out::test_stream},
      {"test -unknown value", Way::hook, Out::test_stream},
      {"test -bench . ./...", Way::hook, Out::test_stream},
      {"test -exec x", Way::exec},
      {"test .", Way::watch, Out::test_stream},
      {"test -run X ./...", Way::watch, Out::test_stream},
      {"test -json ./... -run X", Way::watch, Out::test_stream},
      {"test -exec x ./...", Way::watch, Out::test_stream},
      {"test -c ./a", Way::watch},
      {"test -c -json ./a", Way::watch, Out::hold},
      {"test -n ./...", Way::exec},
      {"tool", Way::exec},
      {"tool compile -V", Way::exec},
      {"tool covdata", Way::exec},
      {"tool -n stringer", Way::exec},
      {"tool stringer -type X", Way::ask_again},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("go " << row.line) {
      const Command command = classify(row.line);
      CHECK(command.way == row.way);
      CHECK(command.out == row.out);
    }
  }
}

TEST_CASE("go list -e -json tells its errors in its data") {
  CHECK(classify("list -e -json=Name,Error -compiled=true -deps ./...").errors_as_data);
  CHECK(classify("list -m -e -json all").errors_as_data);
  CHECK_FALSE(classify("list -json ./...").errors_as_data);
  CHECK_FALSE(classify("list -e -f {{.Dir}} ./...").errors_as_data);
}

TEST_CASE("-C is taken wherever go takes it") {
  struct Row {
    const char* line;
    const char* verb;
    const char* dir;
    int flags_at;
  };
  const Row rows[] = {
      {"build -C sub ./...", "build", "sub", 4}, {"build -C=sub ./...", "build", "sub", 3},
      {"build --C sub", "build", "sub", 4},      {"-C sub build -v", "build", "sub", 4},
      {"-C=sub mod tidy", "mod tidy", "sub", 4}, {"mod -C sub tidy", "mod tidy", "sub", 5},
      {"mod tidy -C sub", "mod tidy", "sub", 5}, {"build -v -C sub", "build", "", 2},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("go " << row.line) {
      const Command command = classify(row.line);
      CHECK(command.verb == row.verb);
      CHECK(command.dir == row.dir);
      CHECK(command.flags_at == row.flags_at);
    }
  }
}

TEST_CASE("the package arguments of go test are found as go finds them") {
  struct Row {
    const char* line;
    std::vector<int> packages;
  };
  const Row rows[] = {
      {"test ./a ./b", {2, 3}},
      {"test -v ./a -run X", {3}},
      {"test -run X ./a", {4}},
      {"test -run=X ./a", {3}},
      {"test -count 1 -json ./a ./b -short", {5, 6}},
      {"test ./a -custom ./b", {2}},
      {"test -custom ./b", {}},
      {"test ./a -args ./b", {2}},
      {"test -test.run X ./a", {4}},
      {"test -coverprofile c.out ./...", {4}},
      {"test -tags 'a b' ./...", {4}},
      {"test -C sub ./...", {4}},
      {"test -- ./a", {}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("go " << row.line) {
      CHECK(classify(row.line).packages == row.packages);
    }
  }
}

TEST_CASE("GOFLAGS and go's env file count as the command line does") {
  setenv("GOFLAGS", "'-exec=my runner' -json", 1);
  CHECK(classify("run .").way == Way::exec);
  CHECK(classify("test ./...").json);
  unsetenv("GOFLAGS");
  setenv("GOARCH", "mips", 1);
  CHECK(classify("run .").way == Way::exec);
  unsetenv("GOARCH");
}

TEST_CASE("what can be read only once is known") {
  CHECK(shim::reads_unrepeatable({"go", "build", "-overlay=/dev/stdin"}));
  CHECK(shim::reads_unrepeatable({"go", "build", "-modfile", "/dev/fd/3"}));
  CHECK(shim::reads_unrepeatable({"go", "vet", "/proc/self/fd/5"}));
  CHECK_FALSE(shim::reads_unrepeatable({"go", "build", "./..."}));
  setenv("GOFLAGS", "'-overlay=/dev/fd/3'", 1);
  CHECK(shim::reads_unrepeatable({"go", "build", "./..."}));
  unsetenv("GOFLAGS");
}

TEST_CASE("words survive quoting for -exec") {
  for (const char* word : {"/usr/bin/go", "/a b/go", "/it's/go", "/a\"b/go"}) {
    const auto quoted = recovery::quote(word);
    REQUIRE(quoted);
    CHECK(recovery::split_quoted(*quoted + " next") == std::vector<std::string>{word, "next"});
  }
  CHECK_FALSE(recovery::quote("/a'\"/go"));
  CHECK_FALSE(recovery::split_quoted("'open"));
}

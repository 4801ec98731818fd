// What go test's stdout says, and how two runs are joined.
#include "shim/watch/go_test_stream.hpp"

#include <fstream>

#include "shim/watch/build_events.hpp"
#include "shim/watch/go_test_merge.hpp"
#include "shim/watch/suspicion.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

using shim::TestLine;
using shim::TestLines;

TEST_CASE("each line of go test's stdout is told apart") {
  struct Row {
    const char* line;
    bool json;
    TestLine::Kind kind;
    const char* package;
  };
  const Row rows[] = {
      {"ok  \tm/p\t0.003s", false, TestLine::passed, "m/p"},
      {"ok  \tm/p\t(cached)\tcoverage: 50.0% of statements", false, TestLine::passed, "m/p"},
      {"FAIL\tm/p\t0.003s", false, TestLine::failed, "m/p"},
      {"FAIL\tm/p [setup failed]", false, TestLine::announce, "m/p"},
      {"FAIL\tm/p [build failed]", false, TestLine::announce, "m/p"},
      {"FAIL\tm/p [build failed]", true, TestLine::announce, "m/p"},
      {"FAIL\tm/p\tx [build failed]", false, TestLine::failed, "m/p"},
      {"FAIL", false, TestLine::final_fail, ""},
      {"?   \tm/p\t[no test files]", false, TestLine::no_tests, ""},
      {"  FAIL\tm/p [build failed]", false, TestLine::other, ""},
      {"--- FAIL: TestX (0.00s)", false, TestLine::other, ""},
      {R"({"ImportPath":"m/p","Action":"build-output","Output":"# m/p\n"})", true,
       TestLine::build_output, "m/p"},
      {R"({"ImportPath":"m/p","Action":"build-fail"})", true, TestLine::build_fail, "m/p"},
      {R"({"Action":"start","Package":"m/p"})", true, TestLine::start, "m/p"},
      {R"({"Action":"output","Package":"m/p","Output":"FAIL\tm/p [setup failed]\n"})", true,
       TestLine::announce, "m/p"},
      {R"({"Action":"output","Package":"m/p","Output":"FAIL\tm/q [setup failed]\n"})", true,
       TestLine::package_event, "m/p"},
      {R"({"Action":"output","Package":"m/p","Test":"TestX","Output":"FAIL\tm/p [setup failed]\n"})",
       true, TestLine::package_event, "m/p"},
      {R"({"Action":"fail","Package":"m/p","Elapsed":0})", true, TestLine::failed, "m/p"},
      {R"({"Action":"fail","Package":"m/p","Test":"TestX"})", true, TestLine::package_event, "m/p"},
      {R"({"Action":"fail","Package":)", true, TestLine::other, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.line) {
      const TestLine line = shim::read_test_line(row.line, row.json, true);
      CHECK(line.kind == row.kind);
      CHECK(line.package == row.package);
    }
  }
}

TEST_CASE("a test that prints dots is not delayed, a line that may matter waits for its end") {
  TestLines lines(false);
  lines.feed(".");
  CHECK(lines.next()->bytes == ".");
  lines.feed("..\nFAI");
  CHECK(lines.next()->bytes == "..\n");
  CHECK_FALSE(lines.next());
  lines.feed("L\tm/p [build fai");
  CHECK_FALSE(lines.next());
  lines.feed("led]\n");
  CHECK(lines.next()->kind == TestLine::announce);
}

TEST_CASE("cut anywhere, the stream comes out whole") {
  const std::string text = "=== RUN X\nFAIL\tm/p [setup failed]\nok  \tm/q\t0.1s\nFAIL\nunfinished";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    TestLines lines(false);
    std::string out;
    for (const std::string& piece : {text.substr(0, cut), text.substr(cut)}) {
      lines.feed(piece);
      while (const auto line = lines.next()) out += line->bytes;
    }
    REQUIRE(out + lines.take_rest() == text);
  }
}

TEST_CASE("cut anywhere, a line about a result is told (issue 15.20)") {
  const std::string text = "dots...\nok  \tm/q\t0.1s\nmore\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    TestLines lines(false);
    int told = 0;
    for (const std::string& piece : {text.substr(0, cut), text.substr(cut)}) {
      lines.feed(piece);
      while (const auto line = lines.next()) told += line->kind == TestLine::passed;
    }
    INFO(cut);
    CHECK(told == 1);
  }
}

TEST_CASE("lines that tell nothing come out together (issue 15.20)") {
  TestLines lines(false);
  lines.feed("\n\nshort\n\nok  \tm/q\t0.1s\na\nb");
  CHECK(lines.next()->bytes == "\n\nshort\n\n");
  CHECK(lines.next()->package == "m/q");
  CHECK(lines.next()->bytes == "a\nb");
  CHECK_FALSE(lines.next());
  TestLines merged(false, true);
  merged.feed("a\ngo: m@v1.0.0: no\nx.go:1: y\nb\n");
  for (const char* bytes : {"a\n", "go: m@v1.0.0: no\n", "x.go:1: y\n", "b\n"})
    CHECK(merged.next()->bytes == bytes);
}

TEST_CASE("of a line without an end a bounded part is held (issue 15.20)") {
  TestLines lines(false);
  lines.feed("FAIL\tm/p");
  CHECK_FALSE(lines.next());
  std::string rest(4 << 10, 'x');
  rest += " [build failed]";
  lines.feed(rest);
  CHECK(lines.next()->kind == TestLine::plain);  // whatever its rest may be
  lines.feed("\nFAIL\tm/p [build failed]\n");
  CHECK(lines.next()->bytes == "\n");
  CHECK(lines.next()->kind == TestLine::announce);
  TestLines json(true);
  json.feed("{" + std::string(20 << 10, ' '));
  CHECK_FALSE(json.next());
  json.feed(std::string(64 << 10, ' '));
  CHECK(json.next()->bytes.size() > (80 << 10));
}

TEST_CASE("build-output events give the text that stands on stderr without -json") {
  CHECK(shim::build_output_text(
            "{\"ImportPath\":\"a\",\"Action\":\"build-output\",\"Output\":\"# a\\n\"}\nnoise\n"
            "{\"ImportPath\":\"a\",\"Action\":\"build-output\",\"Output\":\"x\\n\"}\n"
            "{\"ImportPath\":\"a\",\"Action\":\"build-fail\"}\n") == "# a\nx\n");
}

TEST_CASE("chatter is not worth stopping go for") {
  CHECK_FALSE(shim::more_than_chatter(
      "go: downloading example.com/a v1.0.0\ngo: finding module for package x\n"));
  CHECK(shim::more_than_chatter("go: downloading example.com/a v1.0.0\n# m/p\n"));
}

TEST_CASE("the packages that never started take the place of the user's arguments") {
  shim::Session session;
  session.argv = {"go", "test", "-v", "./...", "./x", "-run", "X"};
  session.command = shim::classify(session.argv);
  CHECK(shim::with_packages(session, {"m/a", "m/b"}) ==
        std::vector<std::string>{"go", "test", "-v", "m/a", "m/b", "-run", "X"});
}

TEST_CASE("two coverage profiles are joined to one") {
  const ScratchDir dir;
  std::ofstream(dir.path("a")) << "mode: set\nm/p/p.go:1.1,2.2 1 1\n";
  std::ofstream(dir.path("b")) << "mode: set\nm/q/q.go:1.1,2.2 1 0\n";
  shim::append_profile(dir.path("a"), dir.path("b"));
  CHECK(dir.text_of("a") == "mode: set\nm/p/p.go:1.1,2.2 1 1\nm/q/q.go:1.1,2.2 1 0\n");
}

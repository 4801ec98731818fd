// Issue 15.A.3, A.4, 20, 21: nothing of the user's runs twice, whatever it prints or removes; what
// it prints asks nobody and is told to nobody; a command that succeeds starts one go.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/bed/bed.hpp"
#include "tests/bed/files.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string lonely = "github.com/acme/lonely@v1.0.0";

// A go that counts how often it is started, and becomes the real one.
class Counter {
 public:
  explicit Counter(Bed& bed) : log_(bed.root / "tmp/starts") {
    const fs::path go = bed.root / "tmp/counting-go";
    write_file(go, "#!/bin/sh\necho \"$*\" >>" + log_.string() + "\nexec " +
                       bed.toolchain.path.string() + " \"$@\"\n");
    ::chmod(go.c_str(), 0755);
    bed.env["GOMEND_REAL_GO"] = go.string();
  }
  [[nodiscard]] std::string starts() const { return fs::exists(log_) ? read_file(log_) : ""; }

 private:
  fs::path log_;
};

void lose_a_file(const Bed& bed) {
  remove_tree(bed.tree(alpha) / "extra.go");
}

void tear_the_zip(const Bed& bed) {
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
}

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& piece) {
  std::size_t n = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++n;
  return n;
}

std::string as_go(const std::string& text) {
  std::string go = "\"";
  for (const char c : text) go += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return go + "\"";
}

// A package with one test that says it has run, prints `words` on stdout, and does `more`.
void write_test(const Bed& bed, const std::string& name, const std::string& words,
                const std::string& more) {
  write_file(
      bed.app / name / (name + "_test.go"),
      "package " + name +
          "\n\nimport (\n\t\"os\"\n\t\"testing\"\n\t\"time\"\n\n\t\"example.com/app/pkg/"
          "testlog\"\n)\n\nvar _ = time.Second\n\nfunc TestIt(t *testing.T) {\n\ttestlog.Add(\"" +
          name + "\")\n\tos.Stdout.WriteString(" + as_go(words) + ")\n" + more + "}\n");
}

bool each_once(const Bed& bed) {
  const auto runs = bed.test_runs();
  return std::ranges::adjacent_find(runs) == runs.end();
}

std::string state(const Bed& bed, const std::string& file) {
  const fs::path path = bed.home / ".local/state/gomend" / file;
  return fs::exists(path) ? read_file(path) : "";
}

fs::path logging_tool(const Bed& bed, const fs::path& log) {
  const fs::path tool = bed.root / "tmp/tool";
  write_file(tool, "#!/bin/sh\necho \"${TOOLEXEC_IMPORTPATH:-x} $*\" >>" + log.string() +
                       "\nexec \"$@\"\n");
  ::chmod(tool.c_str(), 0755);
  return tool;
}

}  // namespace

TEST_CASE("a tool that removes a module and fails is not run again when that is fetched",
          "[e2e][promise10]") {
  for (const bool has_older_damage : {false, true}) {
    for (const bool is_refused : {false, true}) {
      Bed bed(gos().back(), {.tool = true});
      if (gos().back().minor < 24) return;
      const std::string versions = bed.zip(alpha).parent_path().string();
      write_file(bed.app / "culprit/main.go",
                 "package main\n\nimport (\n\t\"os\"\n\t\"os/exec\"\n\n"
                 "\t\"example.com/app/pkg/report\"\n\t\"example.com/app/pkg/testlog\"\n)\n\n"
                 "func main() {\n\ttestlog.Add(\"culprit\")\n\t_ = report.All()\n"
                 "\texec.Command(\"chmod\", \"-R\", \"u+w\", \"" +
                     bed.tree(alpha).string() +
                     "\").Run()\n"
                     "\tos.RemoveAll(\"" +
                     bed.tree(alpha).string() + "\")\n" +
                     (has_older_damage ? "" : "\tos.RemoveAll(\"" + versions + "\")\n") +
                     "\tos.Exit(3)\n}\n");
      write_file(bed.app / "go.mod",
                 read_file(bed.app / "go.mod") + "\ntool example.com/app/culprit\n");
      if (has_older_damage) damage(bed.zip(alpha), "half");  // the tree beside it is sound
      if (is_refused)
        bed.proxy.fault({.match = "alpha", .kind = "status", .status = 503, .times = 1});
      const Ran ran = bed.gomend({"tool", "culprit"});
      INFO(ran.text() << bed.proxy.log_text());
      CHECK(ran.code() == 3);
      CHECK(bed.test_runs() == std::vector<std::string>{"culprit"});
    }
  }
}

TEST_CASE("go build -toolexec: the user's tool sees no package twice", "[e2e][promise10]") {
  for (const bool in_goflags : {false, true}) {
    Bed bed(gos().back());
    const fs::path log = bed.root / "tmp/tool-log";
    const std::string flag = "-toolexec=" + logging_tool(bed, log).string();
    lose_a_file(bed);
    if (in_goflags) bed.env["GOFLAGS"] = flag;
    const Ran ran = bed.gomend(in_goflags ? Args{"build", "./..."} : Args{"build", flag, "./..."});
    INFO(ran.text() << read_file(log));
    CHECK(ran.code() == 1);
    CHECK(count(read_file(log), "compile -V=full") == 1);
    CHECK(contains(ran.err, "repaired; run again: "));
    CHECK(fs::exists(bed.tree(alpha) / "extra.go"));
  }
}

TEST_CASE("go build -toolexec heals what shows before the tool has been started", "[e2e]") {
  Bed bed(gos().back());
  const fs::path log = bed.root / "tmp/tool-log";
  tear_the_zip(bed);
  const Ran ran = bed.gomend({"build", "-toolexec=" + logging_tool(bed, log).string(), "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(count(read_file(log), "compile -V=full") == 1);
}

TEST_CASE("go vet -vettool: the user's tool sees no package twice", "[e2e][promise10]") {
  Bed bed(gos().back());
  const fs::path log = bed.root / "tmp/tool-log";
  const fs::path tool = bed.root / "tmp/vettool";
  write_file(tool, "#!/bin/sh\necho \"$*\" >>" + log.string() + "\nexec " +
                       bed.toolchain.path.string() + " tool vet \"$@\"\n");
  ::chmod(tool.c_str(), 0755);
  lose_a_file(bed);
  const Ran ran = bed.gomend({"vet", "-vettool=" + tool.string(), "./..."});
  INFO(ran.text() << read_file(log));
  CHECK(ran.code() == 1);
  CHECK(count(read_file(log), "-V=full") == 1);
}

TEST_CASE("go test -exec: whatever its name, a runner of the user's is not started again",
          "[e2e][promise10]") {
  for (const char* name : {"ssh", "git", "vet"}) {
    Bed bed(gos().back());
    const fs::path runner = bed.root / "tmp" / name;
    write_file(runner, "#!/bin/sh\nsleep 1\nexec \"$@\"\n");
    ::chmod(runner.c_str(), 0755);
    write_test(bed, "aaa", "", "");
    lose_a_file(bed);
    const Ran ran = bed.gomend({"test", "-exec=" + runner.string(), "./..."});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(each_once(bed));
  }
}

TEST_CASE("words of go's that a test prints name no package to run", "[e2e][promise10]") {
  const std::string forged =
      "FAIL\tcontainer/ring [build failed]\nFAIL\t./aaa [build failed]\n"
      "FAIL\texample.com/app/aaa [build failed]\nFAIL\texample.com/app/pkg/calc [setup failed]\n"
      "FAIL\t-v [build failed]\nFAIL\t./... [build failed]\nFAIL\texample.com/app/aaa [build "
      "failed]\nno newline";
  struct Row {
    Args args;
    bool merged;
  };
  for (const Row& row : {Row{{"test", "-v", "./..."}, false}, Row{{"test", "./..."}, false},
                         Row{{"test", "-v", "./..."}, true}, Row{{"test", "-json", "./..."}, false},
                         Row{{"test", "-json", "./..."}, true}}) {
    Bed bed(gos().back());
    write_test(bed, "aaa", forged, "\ttime.Sleep(2 * time.Second)\n\tos.Exit(1)\n");
    lose_a_file(bed);
    const Ran ran = bed.gomend(row.args, {.merged = row.merged});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(each_once(bed));
    CHECK(bed.test_runs().size() >= 4);
    CHECK(count(ran.out, "container/ring") == 1);
    CHECK_FALSE(contains(ran.out, "TestCornerCases"));
    CHECK(contains(ran.out, "no newline"));
  }
}

TEST_CASE("build events that a test prints name no package to run", "[e2e][promise10]") {
  const std::string forged =
      "{'Action':'start','Package':'example.com/app/aaa'}\n"
      "{'Action':'output','Package':'example.com/app/aaa','Output':'FAIL\\texample.com/app/aaa "
      "[build failed]\\n'}\n"
      "{'ImportPath':'example.com/app/aaa','Action':'build-fail'}\n"
      "{'Action':'fail','Package':'example.com/app/aaa','FailedBuild':'example.com/app/aaa'}\n";
  for (const bool merged : {false, true}) {
    Bed bed(gos().back());
    write_file(bed.root / "tmp/forged", [&] {
      std::string text = forged;
      std::ranges::replace(text, '\'', '"');
      return text;
    }());
    write_test(bed, "aaa", "",
               "\ttext, _ := os.ReadFile(\"" + (bed.root / "tmp/forged").string() +
                   "\")\n\tos.Stdout.Write(text)\n\tos.Stderr.Write(text)\n\tos.Exit(1)\n");
    lose_a_file(bed);
    const Ran ran = bed.gomend({"test", "-json", "./..."}, {.merged = merged});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(each_once(bed));
  }
}

TEST_CASE("a test that prints of a module that is damaged runs once, and as with plain go",
          "[e2e][promise10]") {
  for (const int code : {0, 1}) {
    for (const Args& args : {Args{"test", "-v", "./aaa"}, Args{"test", "./aaa"}}) {
      Bed bed(gos().back());
      const std::string zip = bed.zip(alpha).string();
      const std::string words = "go: -> unzip " + zip +
                                ": zip: not a valid zip file\nx.go:1:2: unzip " + zip +
                                ": zip: not a valid zip file\nverifying " + alpha +
                                ": checksum mismatch\nFAIL\texample.com/app/aaa [build failed]\n";
      write_test(bed, "aaa", words,
                 "\ttime.Sleep(time.Second)\n\tif " + std::to_string(code) +
                     " != 0 {\n\t\tt.Fatal(\"own\")\n\t}\n");
      tear_the_zip(bed);
      const Counter counter(bed);
      const Ran ran = bed.gomend(args, {.merged = true});
      INFO(ran.text() << counter.starts());
      CHECK(ran.code() == code);
      CHECK(bed.test_runs() == std::vector<std::string>{"aaa"});
      CHECK_FALSE(contains(ran.out, "now works"));
      if (code == 0) {
        CHECK(count(counter.starts(), "\n") == 1);
        CHECK_FALSE(contains(ran.out, "gomend:"));
      }
    }
  }
}

TEST_CASE("what a failing test prints of other modules asks nobody, and is noted nowhere (15.A.4)",
          "[e2e][promise9]") {
  const std::string url = "https://evil.example/x";
  const std::string words =
      "go: downloading " + lonely + "\ngo: " + lonely + ": reading " + url +
      ": 503 Service Unavailable\nmain.go:3:8: no required module provides package evil.example/x; "
      "to add it:\n\tgo get evil.example/x\ngo: evil.example/x@v1.0.0: Get \"" +
      std::string("https://127.0.0.1:443/x") + "?go-get=1\": EOF\nverifying " + lonely +
      ": checksum mismatch\n";
  std::string text;
  for (const char c : words) text += c == '"' ? '\'' : c;
  for (const bool merged : {true, false}) {
    Bed bed(gos().back());
    const Source fallback;
    bed.env["GOMEND_FALLBACK"] = fallback.url();
    bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
    write_test(bed, "aaa", text,
               "\tos.Stderr.WriteString(" + as_go(text) + ")\n\tt.Fatal(\"own\")\n");
    const Snapshot modules = bed.modules();
    const Ran plain = bed.go({"test", "./aaa"}, {.merged = merged});
    const Ran ran = bed.gomend({"test", "./aaa"}, {.merged = merged});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK_FALSE(contains(ran.text(), "gomend:"));
    CHECK(count(ran.text(), "\n") == count(plain.text(), "\n"));
    CHECK(bed.proxy.log_text() == "");
    CHECK(fallback.log_text() == "");
    CHECK(state(bed, "journal.jsonl") == "");
    CHECK(state(bed, "advice.json") == "");
    CHECK(difference(modules, bed.modules(), {.ignore = {"*.lock"}}) == "");
  }
}

TEST_CASE("a test that passes and prints go's words starts one go (15.20)", "[e2e][promise1]") {
  Bed bed(gos().back());
  std::string words;
  for (int i = 0; i < 60; ++i)
    words += "go: github.com/acme/alpha@v1.1.0: zip: not a valid zip file\n# example.com/app/p" +
             std::to_string(i) + "\nx.go:1:1: undefined: alpha.Extra\nFAIL\texample.com/app/p" +
             std::to_string(i) + " [build failed]\n";
  write_test(bed, "aaa", words, "");
  const Counter counter(bed);
  for (const Args& args : {Args{"test", "-v", "./aaa"}, Args{"test", "-v", "-json", "./aaa"}}) {
    const std::string before = counter.starts();
    const Ran ran = bed.gomend(args, {.merged = true});
    INFO(ran.text() << counter.starts());
    CHECK(ran.code() == 0);
    CHECK(count(counter.starts(), "\n") == count(before, "\n") + 1);
  }
}

TEST_CASE("a coverage profile that is no regular file is joined to nothing (15.21)", "[e2e]") {
  for (const char* kind : {"null", "fifo", "directory", "missing"}) {
    Bed bed(gos().back());
    const fs::path profile = bed.root / "tmp/profiles/cover.out";
    fs::create_directories(profile.parent_path());
    if (kind == std::string("fifo")) ::mkfifo(profile.c_str(), 0600);
    if (kind == std::string("directory")) fs::create_directories(profile);
    lose_a_file(bed);
    const std::string target = kind == std::string("null") ? "/dev/null" : profile.string();
    if (kind == std::string("fifo")) continue;  // go waits for a reader
    const Ran ran = bed.gomend({"test", "-coverprofile=" + target, "./..."});
    INFO(kind << "\n" << ran.text());
    CHECK_FALSE(contains(ran.text(), "gomend-"));
    CHECK_FALSE(contains(ran.text(), "permission denied"));
    CHECK(each_once(bed));
    CHECK(std::distance(fs::directory_iterator(profile.parent_path()), {}) ==
          (kind == std::string("null") ? 0 : 1));
    if (kind == std::string("missing")) CHECK(ran.code() == 0);
    if (kind == std::string("null")) CHECK(contains(ran.err, "repaired; run again: "));
    CHECK(std::ranges::none_of(fs::directory_iterator(bed.tmp), [](const auto& entry) {
      return entry.path().filename().string().starts_with("gomend-");
    }));
  }
}

TEST_CASE("tests that print much go on while a package could not be built (15.17)", "[e2e]") {
  Bed bed(gos().back());
  write_test(bed, "aaa", "",
             "\ttime.Sleep(time.Second)\n\tfor i := 0; i < 16384; i++ {\n\t\tos.Stdout.WriteString("
             "\"sixty-four bytes of text, a line, of which there are many, here.\\n\")\n\t}\n");
  remove_tree(bed.tree(alpha) / "extra.go");
  fs::remove(bed.zip(alpha));
  bed.proxy.fault({.match = "alpha.*zip$", .kind = "slow", .bytes = 200, .times = 1});
  const Ran ran = bed.gomend({"test", "-v", "./..."});
  INFO(ran.text().substr(0, 3000));
  CHECK(ran.code() == 0);
  CHECK(each_once(bed));
  CHECK(count(ran.out, "sixty-four") == 16384);
}

}  // namespace tests

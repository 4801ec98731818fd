// Table 2: every watched command with one fault each of a zip, a tree and a go.mod: exit 0, stdout
// as on clean caches, each test once. The reference is the real go on a clean bed.

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <regex>
#include <sstream>

#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string toolbox = "github.com/acme/toolbox@v1.0.0";

struct Row {
  std::string name;
  Args args;
  int since = 19;  // first minor version that has it
  bool terminal = false;
  bool tool = false;      // go.mod has a tool line; the fault is in that module
  std::string file = {};  // a file that it writes, compared too
  bool runs_tests = false;
  bool any_order = false;  // lines of stdout may come in another order
};

std::vector<Row> rows() {
  return {
      {"build", {"build", "./..."}},
      {"build -json", {"build", "-json", "./..."}, 24},
      {"install P", {"install", "."}},
      {"install -json", {"install", "-json", "."}, 24},
      {"install P@V", {"install", "github.com/acme/toolbox/cmd/hello@v1.0.0"}, 19, false, true},
      {"test pkg", {"test", "./pkg/report"}, 19, false, false, "", true},
      {"test ./...", {"test", "./..."}, 19, false, false, "", true},
      {"test -json ./...", {"test", "-json", "./..."}, 19, false, false, "", true},
      {"test -json -v -p 1",
       {"test", "-json", "-v", "-p", "1", "-count=1", "./..."},
       19,
       false,
       false,
       "",
       true},
      {"test -coverprofile",
       {"test", "-coverprofile=cover.out", "./..."},
       19,
       false,
       false,
       "cover.out",
       true},
      {"test on a terminal", {"test", "./..."}, 19, true, false, "", true},
      {"run on a pipe", {"run", "."}},
      {"run on a terminal", {"run", "."}, 19, true},
      {"vet", {"vet", "./..."}},
      {"list -deps", {"list", "-deps", "./..."}},
      {"list -json", {"list", "-json", "-deps", "./..."}},
      {"list -e -json", {"list", "-e", "-json", "-deps", "-test", "./..."}},
      {"mod download", {"mod", "download"}},
      {"mod download -json", {"mod", "download", "-json"}},
      {"mod tidy", {"mod", "tidy"}},
      {"mod vendor", {"mod", "vendor"}},
      {"work sync", {"work", "sync"}},
      {"get", {"get", "github.com/acme/alpha@v1.1.0"}},
      {"tool", {"tool", "hello"}, 24, false, true},
      // Before 1.27 it runs `go list` itself, and goes on without what that could not load.
      {"doc", {"doc", "github.com/acme/alpha/inner"}, 27},
      {"doc P@V", {"doc", "github.com/acme/toolbox/cmd/hello@v1.0.0"}, 27, false, true},
  };
}

struct Fault2 {
  std::string name;
  std::function<void(const Bed&, const Row&, const std::string& module)> make;
};

// `go list` of a package that lost one file of several says so to nobody and exits with 0, so
// nothing could be healed; what it does notice is a package that lost its only one.
std::string source_file(const Row& row, const std::string& module) {
  if (module != alpha) return "cmd/hello/main.go";
  return row.args[0] == "list" || row.args[0] == "doc" ? "inner/inner.go" : "extra.go";
}

const std::vector<Fault2>& faults() {
  static const std::vector<Fault2> all{
      {"zip",
       [](const Bed& bed, const Row&, const std::string& m) {
         damage(bed.zip(m), "half");
         remove_tree(bed.tree(m));
       }},
      {"tree", [](const Bed& bed, const Row& row,
                  const std::string& m) { damage(bed.tree(m) / source_file(row, m), "deleted"); }},
      {"go.mod", [](const Bed& bed, const Row&,
                    const std::string& m) { damage(bed.download(m, ".mod"), "garbage"); }},
  };
  return all;
}

// Times, temporary names and this bed's own directory are nobody's output.
std::string normal(std::string text, const Bed& bed, bool any_order) {
  for (std::size_t at; (at = text.find(bed.root.string())) != std::string::npos;) {
    text.replace(at, bed.root.string().size(), "ROOT");
  }
  text = std::regex_replace(text, std::regex(R"x("(Time|Stale|StaleReason)":"?[^,}]*,?)x"), "");
  text = std::regex_replace(text, std::regex(R"x("Elapsed":[0-9.e-]+)x"), "");
  text = std::regex_replace(text, std::regex(R"x((\t| |\\t)\(?[0-9]+\.[0-9]+s\)?)x"), " TIME");
  text = std::regex_replace(text, std::regex("\r\n"), "\n");
  if (!any_order) return text;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  std::string sorted;
  for (const std::string& line : lines) sorted += line + "\n";
  return sorted;
}

Ran run_in(const Bed& bed, const Row& row, bool gomend) {
  if (row.terminal) return gomend ? bed.gomend_pty(row.args) : bed.go_pty(row.args);
  return gomend ? bed.gomend(row.args) : bed.go(row.args);
}

void prepare(Bed& bed, const Row& row) {
  bed.env["GOBIN"] = (bed.root / "gobin").string();
  if (row.name == "work sync") {
    REQUIRE(bed.go({"work", "init", "."}).code() == 0);
  }
  if (const char* trace = std::getenv("GOMEND_TRACE")) bed.env["GOMEND_TRACE"] = trace;
}

// What a terminal shows is stdout and stderr; the shim's own lines and go's account of the failure
// are not compared.
std::string last_lines_of(const std::string& text, const std::string& like) {
  const auto lines = std::ranges::count(like, '\n');
  std::size_t at = text.size();
  for (auto i = lines; i >= 0 && at != std::string::npos && at > 0; --i)
    at = text.rfind('\n', at - 1);
  return at == std::string::npos ? text : text.substr(at == 0 ? 0 : at + 1);
}

// Lines of `wanted` that `text` lacks: on a terminal, what failed at first stands above.
std::string missing_lines(const std::string& text, const std::string& wanted) {
  std::string missing;
  std::istringstream in(wanted);
  for (std::string line; std::getline(in, line);) {
    if (("\n" + text).find("\n" + line + "\n") == std::string::npos) missing += line + "\n";
  }
  return missing;
}

// Go 1.22 and 1.23 write the blocks of a package once more for each test that links it, and only if
// it was asked for in the same command: of those lines, which there are.
std::string blocks(const std::string& sorted, const Go& go) {
  if (go.minor != 22 && go.minor != 23) return sorted;
  std::istringstream in(sorted);
  std::string all, last;
  for (std::string line; std::getline(in, line); last = line) {
    if (line != last) all += line + "\n";
  }
  return all;
}

// What a row does on sound caches, without times and this bed's own paths.
struct Reference {
  std::string out, sorted, err, file, text;
  std::vector<std::string> test_runs;
};

Reference make_reference(const Go& go, const Row& row) {
  Bed bed(go, {.tool = row.tool && row.name == "tool"});
  prepare(bed, row);
  const Ran ran = run_in(bed, row, false);
  INFO("reference: " << ran.text());
  REQUIRE(ran.code() == 0);
  return {.out = normal(ran.out, bed, false),
          .sorted = normal(ran.out, bed, true),
          .err = ran.err,
          .file = row.file.empty() ? "" : normal(read_file(bed.app / row.file), bed, true),
          .text = ran.text(),
          .test_runs = bed.test_runs()};
}

// Made once for the faults of a row.
const Reference& reference_of(const Go& go, const Row& row) {
  static std::map<std::string, Reference> made;
  const std::string key = go.version + ": " + row.name;
  const auto known = made.find(key);
  return known != made.end() ? known->second
                             : made.emplace(key, make_reference(go, row)).first->second;
}

void run_cell(const Go& go, const Row& row, const Fault2& fault) {
  const Reference& reference = reference_of(go, row);
  INFO("reference: " << reference.text);
  Bed bed(go, {.tool = row.tool && row.name == "tool"});
  prepare(bed, row);
  fault.make(bed, row, row.tool ? toolbox : alpha);
  const Snapshot app_before = snapshot(bed.app);
  const Ran ran = run_in(bed, row, true);
  INFO("gomend: " << ran.text() << "\nproxy: " << bed.proxy.log_text());
  tally("table 2 (commands)", go.version, "cells");
  if (ran.code() == 0) tally("table 2 (commands)", go.version, "succeed with gomend");

  if (row.runs_tests) {
    std::vector<std::string> runs = bed.test_runs();
    CHECK(std::ranges::adjacent_find(runs) == runs.end());
  }
  const bool could_not_join = ran.code() != 0 && row.runs_tests && fault.name == "tree" &&
                              ran.err.find("repaired; run again: ") != std::string::npos;
  if (could_not_join) {
    CHECK(run_in(bed, row, true).code() == 0);
    return;
  }
  CHECK(ran.code() == 0);
  if (row.runs_tests) CHECK(bed.test_runs() == reference.test_runs);
  // Its readers count each line on stderr as an error.
  if (row.name.starts_with("test -json")) CHECK(ran.err == reference.err);
  const bool any_order = row.any_order || row.runs_tests;
  if (row.terminal && row.runs_tests) {
    CHECK(missing_lines(normal(ran.out, bed, false), reference.out) == "");
  } else if (row.terminal) {
    CHECK(normal(last_lines_of(ran.out, reference.out), bed, any_order) ==
          (any_order ? reference.sorted : reference.out));
  } else {
    CHECK(normal(ran.out, bed, any_order) == (any_order ? reference.sorted : reference.out));
  }
  if (!row.file.empty()) {
    CHECK(blocks(normal(read_file(bed.app / row.file), bed, true), go) ==
          blocks(reference.file, go));
  }
  for (const char* file : {"go.mod", "go.sum", "go.work.sum"}) {
    if (app_before.contains(file))
      CHECK(app_before.at(file).digest == snapshot(bed.app).at(file).digest);
  }
}

void run_rows(const std::function<bool(const Row&)>& wanted) {
  const char* only = std::getenv("GOMEND_TEST_ROW");
  std::size_t n = 0;
  for (const Row& row : rows()) {
    if (!wanted(row)) continue;
    for (const Go& go : gos_of_row(n++, row.since)) {
      for (const Fault2& fault : faults()) {
        const std::string name = go.version + ": " + row.name + " × " + fault.name;
        if (only != nullptr && name.find(only) == std::string::npos) continue;
        DYNAMIC_SECTION(name) {
          run_cell(go, row, fault);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("table 2: go test heals in one invocation, each test once", "[e2e]") {
  run_rows([](const Row& row) { return row.runs_tests; });
}

TEST_CASE("table 2: build, install, run, vet and tool heal with stdout as on clean caches",
          "[e2e]") {
  run_rows([](const Row& row) {
    return !row.runs_tests && row.args[0] != "mod" && row.args[0] != "list" &&
           row.args[0] != "work" && row.args[0] != "get";
  });
}

TEST_CASE("table 2: list, mod, work and get heal with stdout as on clean caches", "[e2e]") {
  run_rows([](const Row& row) {
    return row.args[0] == "mod" || row.args[0] == "list" || row.args[0] == "work" ||
           row.args[0] == "get";
  });
}

TEST_CASE("with 2>&1 too, nothing of a failed first attempt stands in front of the second",
          "[e2e]") {
  const std::string alpha = "github.com/acme/alpha@v1.1.0";
  for (const Args& command : std::vector<Args>{{"list", "-deps", "./..."},
                                               {"list", "-json=ImportPath", "-deps", "./..."},
                                               {"mod", "download", "-json"}}) {
    Bed bed(gos().back());
    const Ran clean = bed.go(command, {.merged = true});
    damage(bed.zip(alpha), "half");
    damage(bed.download(alpha, ".mod"), "emptied");
    remove_tree(bed.tree(alpha));
    REQUIRE(bed.go(command, {.merged = true}).out != clean.out);
    const Ran ran = bed.gomend(command, {.merged = true});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    const std::size_t own = ran.out.find('\n');
    CHECK(ran.out.starts_with("gomend: " + alpha));
    CHECK(ran.out.substr(own + 1) == clean.out);
  }
}

}  // namespace tests

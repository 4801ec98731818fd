// An outage is waited out (GOMEND_PATIENCE): the command succeeds once the source is there again,
// asks for little while it is away, and nothing of the user's runs twice. What is no outage costs
// no wait, and a patience that has ended is told.

#include <chrono>

#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using namespace std::chrono_literals;

const std::string alpha = "github.com/acme/alpha@v1.1.0";

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string joined(const Args& args) {
  std::string words;
  for (const std::string& arg : args) words += (words.empty() ? "" : " ") + arg;
  return words;
}

struct Row {
  std::string name;
  Args args;
  bool runs_tests = false;
  bool without_go_sum = false;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"build", {"build", "./..."}},
      {"test", {"test", "./..."}, true},
      {"test -json", {"test", "-json", "./..."}, true},
      {"test without packages", {"test"}},
      {"run", {"run", "."}},
      {"vet", {"vet", "./..."}},
      {"list -deps", {"list", "-deps", "./..."}},
      {"mod download", {"mod", "download"}},
      {"mod tidy", {"mod", "tidy"}, false, true},
      {"get", {"get", "github.com/acme/lonely@v1.0.0"}, false, true},
      {"get latest", {"get", "github.com/acme/lonely"}},
      {"install P@V", {"install", "github.com/acme/toolbox/cmd/hello@v1.0.0"}},
  };
  return all;
}

struct Away {
  std::string name;
  Fault fault;
};

const std::vector<Away>& ways() {
  static const std::vector<Away> all{
      {"503", {.kind = "status", .status = 503}},
      {"reset", {.kind = "reset"}},
      {"429", {.kind = "status", .status = 429}},
  };
  return all;
}

std::size_t answered_while_away(const Bed& bed) {
  std::size_t n = 0;
  for (const Request& request : bed.proxy.log()) n += request.status != 200;
  return n;
}

void check_row(const Go& go, const Row& row, const Away& away) {
  Bed bed(go, {.modules = Modules::empty});
  bed.env["GOBIN"] = (bed.root / "gobin").string();
  bed.env["GOMEND_PATIENCE"] = "20";
  if (row.without_go_sum) fs::remove(bed.app / "go.sum");
  Fault fault = away.fault;
  fault.seconds = 1;
  bed.proxy.fault(fault);
  const Ran ran = bed.gomend(row.args);
  INFO(ran.text() << bed.proxy.log_text());
  CHECK(ran.code() == 0);
  if (row.name != "test -json") CHECK(!gomend_words(ran.err).empty());
  // What plain go asks before it gives up, and then a request each time.
  CHECK(answered_while_away(bed) <= 40);
  if (row.runs_tests) CHECK(bed.test_runs() == all_tests);
  if (row.args[0] == "run") CHECK(ran.out == report_text);
}

}  // namespace

TEST_CASE("a short outage ends no command", "[e2e]") {
  std::size_t n = 0;
  for (const Row& row : rows()) {
    const Away& away = ways()[n % ways().size()];
    for (const Go& go : gos_of_row(n++, 19)) {
      DYNAMIC_SECTION(go.version << ": " << row.name << " × " << away.name) {
        check_row(go, row, away);
      }
    }
  }
}

// The other packages' tests may have run by the time that go says so.
TEST_CASE("an outage while one module is lacking: each test once, and none is left out", "[e2e]") {
  const std::vector<Args> commands = {{"test", "./..."},
                                      {"test", "-json", "./..."},
                                      {"test", "-count=1", "-p", "4", "./..."},
                                      {"vet", "./..."}};
  std::size_t n = 0;
  for (const Args& args : commands) {
    for (const Go& go : gos_of_row(n++, 19)) {
      for (const bool is_merged : {false, true}) {
        DYNAMIC_SECTION(go.version << " " << joined(args) << (is_merged ? " 2>&1" : "")) {
          Bed bed(go, {.builds = Builds::warm});
          remove_tree(bed.tree(alpha));
          fs::remove(bed.zip(alpha));
          bed.env["GOMEND_PATIENCE"] = "20";
          bed.proxy.fault({.kind = "status", .status = 502, .seconds = 1});
          const Ran ran = bed.gomend(args, {.merged = is_merged});
          INFO(ran.text() << bed.proxy.log_text());
          CHECK(ran.code() == 0);
          if (args[0] == "test") CHECK(bed.test_runs() == all_tests);
          CHECK(!contains(ran.out, "setup failed"));
        }
      }
    }
  }
}

TEST_CASE("what comes one after the other is waited for one after the other", "[e2e]") {
  Bed bed(gos().back(), {.modules = Modules::empty});
  bed.env["GOMEND_PATIENCE"] = "20";
  fs::remove(bed.app / "go.sum");
  bed.proxy.fault({.kind = "status", .status = 502, .percent = 30});
  const Ran ran = bed.gomend({"mod", "tidy"});
  INFO(ran.text() << bed.proxy.log_text());
  CHECK(ran.code() == 0);
}

TEST_CASE("a source that stays away: go's own end, and a line that says how long it was asked",
          "[e2e]") {
  for (const Args& args : {Args{"build", "./..."}, Args{"test", "./..."}, Args{"mod", "tidy"},
                           Args{"get", "github.com/acme/lonely"}}) {
    DYNAMIC_SECTION(joined(args)) {
      Bed bed(gos().back(), {.modules = Modules::empty});
      bed.env["GOMEND_PATIENCE"] = "2";
      bed.proxy.fault({.kind = "status", .status = 503});
      const Ran ran = bed.gomend(args);
      INFO(ran.text() << bed.proxy.log_text());
      CHECK(ran.code() == 1);
      CHECK(contains(ran.err, "503 Service Unavailable; retried for "));
      CHECK(contains(ran.err, " s in vain\n"));
      // What needs no module is tested as by plain go, once.
      const std::vector<std::string> calc = {"calc.TestSum", "calc.TestSumOfNothing"};
      CHECK(bed.test_runs() == (args[0] == "test" ? calc : std::vector<std::string>()));
    }
  }
}

TEST_CASE("what is no outage is not waited for", "[e2e]") {
  struct Case {
    std::string name;
    Fault fault;
  };
  const Case cases[] = {{"403", {.kind = "status", .status = 403}},
                        {"404", {.kind = "status", .status = 404}},
                        {"wrong bytes", {.match = "zip$", .kind = "wrong"}}};
  for (const Case& one : cases) {
    DYNAMIC_SECTION(one.name) {
      std::size_t asked[2] = {};
      for (const char* patience : {"0", "600"}) {
        Bed bed(gos().back(), {.modules = Modules::empty});
        bed.env["GOMEND_PATIENCE"] = patience;
        bed.proxy.fault(one.fault);
        const Ran ran = bed.gomend({"build", "github.com/acme/alpha"}, {.limit = 60s});
        INFO(ran.text());
        CHECK(!ran.timed_out);
        CHECK(ran.code() == 1);
        CHECK(!contains(ran.err, "retr"));
        asked[patience[0] == '0' ? 0 : 1] = bed.proxy.log().size();
      }
      CHECK(asked[0] == asked[1]);
    }
  }
}

TEST_CASE("a source that is there again and has it not: go says so itself", "[e2e]") {
  for (const Args& args : {Args{"build", "./..."}, Args{"test", "./..."}, Args{"mod", "tidy"}}) {
    DYNAMIC_SECTION(joined(args)) {
      Bed bed(gos().back(), {.modules = Modules::empty});
      bed.env["GOMEND_PATIENCE"] = "30";
      bed.proxy.fault({.kind = "status", .status = 404});
      bed.proxy.fault({.kind = "status", .status = 503, .seconds = 1});  // asked first
      const Ran ran = bed.gomend(args);
      INFO(ran.text() << bed.proxy.log_text());
      CHECK(ran.code() == 1);
      CHECK(contains(ran.err, ": 404 Not Found"));
      CHECK(!contains(ran.err, "temporary"));
      CHECK(ran.seconds < 20);
    }
  }
}

TEST_CASE("one who waits says for what, and Ctrl-C ends it at once", "[e2e]") {
  Bed bed(gos().back(), {.modules = Modules::empty});
  bed.env["GOMEND_PATIENCE"] = "60";
  bed.proxy.fault({.kind = "status", .status = 503});
  const Ran ran = run({"timeout", "-s", "INT", "9", bed.shim.string(), "build", "./..."},
                      {.env = bed.env, .cwd = bed.app, .limit = 60s});
  INFO(ran.text());
  CHECK(!ran.timed_out);
  CHECK(ran.seconds < 30);
  CHECK(contains(ran.err, "503 Service Unavailable; retrying for "));
  CHECK(contains(ran.err, " modules here)"));
  CHECK(!fs::exists(bed.gomodcache / "cache/gomend"));
}

}  // namespace tests

// `gomend history` and `gomend stats`: what the journal holds, from a time on, as JSON and as
// metrics; no private name in what may travel; and a journal that is none.

#include <ctime>

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

std::string time_ago(long long seconds) {
  const std::time_t then = std::time(nullptr) - seconds;
  std::tm parts = {};
  gmtime_r(&then, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

struct Desk {
  Desk() {
    fs::create_directories(dir.path() / "state");
    fs::permissions(dir.path() / "state", fs::perms{0700});
  }
  void note(long long seconds_ago, const std::string& module, const std::string& class_id,
            const std::string& done, const std::string& source) {
    text += Json{{"time", time_ago(seconds_ago)},
                 {"module", module},
                 {"class", class_id},
                 {"findings", Args{"the cached zip is damaged"}},
                 {"done", done},
                 {"source", source},
                 {"cache", "/home/me/secret/mod"},
                 {"quarantine", "20260102T030405Z-1"},
                 {"replaced", Args{"cache/x"}}}
                .dump() +
            "\n";
    write_file(journal(), text);
  }
  // A line as it is written today; its words count for nothing.
  void note_action(long long seconds_ago, const std::string& action) {
    text += Json{{"v", 2},
                 {"time", time_ago(seconds_ago)},
                 {"module", "github.com/a/b@v1.0.0"},
                 {"class", "cache/zip-corrupt"},
                 {"action", action},
                 {"done", "restored, replaced, in other words"}}
                .dump() +
            "\n";
    write_file(journal(), text);
  }
  [[nodiscard]] fs::path journal() const { return dir.path() / "gomend/journal.jsonl"; }
  [[nodiscard]] Ran companion(Args args, Env more = {}) const {
    args.insert(args.begin(), gomend_binary);
    more.insert({{"PATH", "/usr/bin:/bin"},
                 {"HOME", dir.path().string()},
                 {"XDG_STATE_HOME", dir.path().string()}});
    return run(args, {.env = more});
  }
  TempDir dir;
  std::string text;
};

void fill(Desk& desk) {
  desk.note(20 * 86400, "git.corp.example/secret@v1.0.0", "cache/zip-corrupt", "replaced", "");
  desk.note(3 * 86400, "git.corp.example/secret@v1.1.0", "cache/zip-corrupt",
            "replaced from proxy.corp.example", "proxy.corp.example");
  desk.note(7200, "github.com/a/b@v1.0.0", "cache/tree-corrupt", "restored from the cached zip",
            "");
  desk.note(60, "github.com/a/b@v1.0.0", "network/http-5xx", "taken from mirror.example.org",
            "mirror.example.org");
}

}  // namespace

TEST_CASE("history: from a time on, in words and as JSON") {
  Desk desk;
  fill(desk);
  const std::pair<const char*, std::size_t> rows[] = {
      {"", 4},    {"3w", 4}, {"7d", 3},         {"24h", 2},
      {"90m", 1}, {"0m", 0}, {"2020-01-01", 4}, {"2199-01-01T00:00:00Z", 0}};
  for (const auto& [since, count] : rows) {
    CAPTURE(since);
    Args args = {"history"};
    if (*since != '\0') args.insert(args.end(), {"--since", since});
    const Ran words = desk.companion(args);
    CHECK(words.code() == 0);
    CHECK(std::count(words.out.begin(), words.out.end(), '\n') == static_cast<long>(count));
    args.push_back("--json");
    CHECK(json_of(desk.companion(args))["repairs"].size() == count);
  }
  const Json newest = json_of(desk.companion({"history", "--json"}))["repairs"][3];
  CHECK(newest["module"] == "github.com/a/b@v1.0.0");
  CHECK(newest["source"] == "mirror.example.org");
  CHECK(newest["id"] == "20260102T030405Z-1");
  for (const char* odd : {"yesterday", "7", "d", "-3d", "2026-1-1", "99999999999w"}) {
    const Ran ran = desk.companion({"history", "--since=" + std::string(odd)});
    CAPTURE(odd, ran.err);
    CHECK(ran.code() == 2);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
}

TEST_CASE("stats: by class and by source, and no private name in any form of it") {
  Desk desk;
  fill(desk);
  const Json object = json_of(desk.companion({"stats", "--json"}));
  CHECK(object["repairs"] == 4);
  CHECK(object["by_class"]["cache/zip-corrupt"] == 2);
  CHECK(object["by_source"]["cache"] == 1);
  CHECK(object["by_source"]["first source"] == 1);
  CHECK(object["by_source"]["another source"] == 2);
  const Ran metrics = desk.companion({"stats", "--openmetrics"});
  CHECK(
      metrics.out.find("gomend_repairs_total{class=\"cache/tree-corrupt\",source=\"cache\"} 1\n") !=
      std::string::npos);
  CHECK(metrics.out.ends_with("# EOF\n"));
  for (const Args& args :
       std::vector<Args>{{"stats"}, {"stats", "--json"}, {"stats", "--openmetrics"}}) {
    const Ran ran = desk.companion(args);
    CHECK(ran.code() == 0);
    for (const char* name : {"secret", "corp.example", "github.com", "mirror.example.org", "/home"})
      CHECK(ran.out.find(name) == std::string::npos);
  }
  // A source that the user calls public himself may be named.
  const Ran open = desk.companion({"stats"}, {{"GOMEND_PUBLIC", "https://mirror.example.org"}});
  CHECK(open.out.find("mirror.example.org") != std::string::npos);
  CHECK(open.out.find("corp.example") == std::string::npos);
}

TEST_CASE("stats: lines of the journal's first version, and of the second, count the same") {
  const struct {
    const char *done, *action, *source;
  } rows[] = {{"replaced", "downloaded", "first source"},
              {"fetched again", "downloaded", "first source"},
              {"restored from the cached zip", "extracted", "cache"},
              {"restored from what the cache still held", "rebuilt", "cache"},
              {"permissions restored", "permissions", "cache"},
              {"had in a second try", "retried", "retry"},
              {"moved aside", "quarantined", "none"},
              {"dropped that entry", "removed", "none"},
              {"rebuilt; the old one is /x", "rewritten", "none"}};
  for (const auto& row : rows) {
    CAPTURE(row.done);
    Desk desk;
    desk.note(60, "github.com/a/b@v1.0.0", "cache/zip-corrupt", row.done, "");
    desk.note_action(50, row.action);
    const Json stats = json_of(desk.companion({"stats", "--json"}));
    CHECK(stats["by_source"] == Json{{row.source, 2}});
    const Json all = json_of(desk.companion({"history", "--json"}));
    CHECK(all["repairs"][0]["action"] == row.action);
    CHECK(all["repairs"][1]["action"] == row.action);
    CHECK(all["repairs"][0]["done"] == row.done);
  }
}

TEST_CASE("stats: a journal can't put a name into the metrics by way of its class") {
  Desk desk;
  desk.note(60, "x@v1.0.0", "git.corp.example/secret\"} 1\nevil", "replaced", "");
  const Ran ran = desk.companion({"stats", "--openmetrics"});
  CHECK(ran.out.find("secret") == std::string::npos);
  CHECK(ran.out.find("class=\"unknown\"") != std::string::npos);
}

TEST_CASE("history, stats: each record has a class and a subject, an older one too (issue 15.25)") {
  Desk desk;
  desk.note(60, "github.com/a/b@v1.0.0", "", "replaced", "");
  desk.note(50, "the build cache", "cache/build-corrupt", "moved aside", "");
  desk.note(40, "the clone of git.corp.example/secret", "verify", "moved aside", "");
  desk.note(30, "/home/me/secret/go.sum", "asked/gosum", "rebuilt", "");
  desk.note(20, "", "", "moved aside", "");
  const Ran github = desk.companion({"history", "--github"});
  INFO(github.text());
  CHECK(github.code() == 0);
  CHECK(github.out ==
        "::warning title=gomend::verify (private name omitted); repaired\n"
        "::warning title=gomend::the build cache; repaired\n"
        "::warning title=gomend::a clone in cache/vcs; repaired\n"
        "::warning title=gomend::go.sum; repaired\n"
        "::warning title=gomend::the module cache; repaired\n");
  const Json stats = json_of(desk.companion({"stats", "--json"}));
  CHECK(stats["by_class"]["verify"] == 3);
  CHECK(!stats["by_class"].contains("unknown"));
  const Json all = json_of(desk.companion({"history", "--json"}));
  for (const Json& repair : all["repairs"].elements()) {
    CHECK(!repair["class"].text().empty());
    CHECK(!repair["module"].text().empty());
  }
}

TEST_CASE("history: what verify --repair has repaired has a class (issue 15.25)", "[e2e]") {
  Bed bed(gos().back());
  const std::string beta = "github.com/acme/beta/v2@v2.3.0";
  damage(bed.zip(beta), "half");
  REQUIRE(bed.companion({"verify", "--repair"}).code() == 0);
  const Ran ran = bed.companion({"history", "--json"});
  INFO(ran.text());
  const Json all = json_of(ran);
  REQUIRE(all["repairs"].size() == 1);
  CHECK(all["repairs"][0]["class"] == "verify");
  CHECK(all["repairs"][0]["module"] == beta);
}

TEST_CASE("history, stats: a journal that is none gets one line and status 2") {
  for (const char* command : {"history", "stats"}) {
    Desk desk;
    CHECK(desk.companion({command}).code() == 0);  // none yet
    fill(desk);
    write_file(desk.journal(), desk.text + "{\"time\":\"torn\n\x01\x02\n[1,2]\n");
    const Ran torn = desk.companion({command});
    INFO(torn.text());
    CHECK(torn.code() == 2);
    CHECK(torn.out.find(std::string(command) == "stats" ? "4 repairs" : "github.com/a/b") !=
          std::string::npos);
    CHECK(torn.err.find("3 lines of ") != std::string::npos);
    CHECK(std::count(torn.err.begin(), torn.err.end(), '\n') == 1);
    fs::remove(desk.journal());
    fs::create_directory(desk.journal());
    const Ran none = desk.companion({command});
    CHECK(none.code() == 2);
    CHECK(std::count(none.err.begin(), none.err.end(), '\n') == 1);
  }
}

TEST_CASE("history: a repair of the shim's is told", "[e2e]") {
  Bed bed(gos().back());
  damage(bed.zip("github.com/acme/alpha@v1.1.0"), "half");
  remove_tree(bed.tree("github.com/acme/alpha@v1.1.0"));
  REQUIRE(bed.gomend({"build", "./..."}).code() == 0);
  const Json object = json_of(bed.companion({"history", "--json", "--since", "1h"}));
  REQUIRE(object["repairs"].size() == 1);
  CHECK(object["repairs"][0]["class"] == "cache/zip-corrupt");
  CHECK(json_of(bed.companion({"stats", "--json"}))["by_class"]["cache/zip-corrupt"] == 1);
}

TEST_CASE("a journal's times and sources are text from outside (issue 15.12)") {
  Desk desk;
  desk.text = Json{{"time", "2026-01-01T00:00:00Z\x1b[31m"},
                   {"module", "github.com/a/b@v1.0.0"},
                   {"class", "cache/zip-corrupt"},
                   {"source", "https://me:token@h.example/token?t=token"}}
                  .dump() +
              "\n";
  write_file(desk.journal(), desk.text);
  for (const Args& args : {Args{"stats"}, Args{"stats", "--openmetrics"}, Args{"history"},
                           Args{"history", "--json"}, Args{"history", "--github"}}) {
    const Ran ran = desk.companion(args);
    INFO(args[0] << " " << args.back() << ": " << ran.text());
    CHECK(ran.text().find('\x1b') == std::string::npos);
    CHECK(ran.text().find("token") == std::string::npos);
  }
}

}  // namespace tests

// `gomend history` and `gomend stats`: what the journal holds, from a time on, as JSON and as
// metrics; no private name in what may travel; and a journal that is none.

#include <ctime>
#include <nlohmann/json.hpp>

#include "tests/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using Json = nlohmann::ordered_json;

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
                 {"findings", {"the cached zip is damaged"}},
                 {"done", done},
                 {"source", source},
                 {"cache", "/home/me/secret/mod"},
                 {"quarantine", "20260102T030405Z-1"},
                 {"replaced", {"cache/x"}}}
                .dump() +
            "\n";
    write_file(journal(), text);
  }
  [[nodiscard]] fs::path journal() const { return dir.path() / "gomend/journal.jsonl"; }
  [[nodiscard]] Ran companion(Args args, Env more = {}) const {
    args.insert(args.begin(), GOMEND_BINARY);
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
    CHECK(Json::parse(desk.companion(args).out)["repairs"].size() == count);
  }
  const Json newest = Json::parse(desk.companion({"history", "--json"}).out)["repairs"][3];
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
  const Json object = Json::parse(desk.companion({"stats", "--json"}).out);
  CHECK(object["repairs"] == 4);
  CHECK(object["by_class"]["cache/zip-corrupt"] == 2);
  CHECK(object["by_source"]["the cache"] == 1);
  CHECK(object["by_source"]["the first source"] == 1);
  CHECK(object["by_source"]["another source"] == 2);
  const Ran metrics = desk.companion({"stats", "--openmetrics"});
  CHECK(metrics.out.find(
            "gomend_repairs_total{class=\"cache/tree-corrupt\",source=\"the cache\"} 1\n") !=
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

TEST_CASE("stats: a journal can't put a name into the metrics by way of its class") {
  Desk desk;
  desk.note(60, "x@v1.0.0", "git.corp.example/secret\"} 1\nevil", "replaced", "");
  const Ran ran = desk.companion({"stats", "--openmetrics"});
  CHECK(ran.out.find("secret") == std::string::npos);
  CHECK(ran.out.find("class=\"unknown\"") != std::string::npos);
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
  const Json object = Json::parse(bed.companion({"history", "--json", "--since", "1h"}).out);
  REQUIRE(object["repairs"].size() == 1);
  CHECK(object["repairs"][0]["class"] == "cache/zip-corrupt");
  CHECK(Json::parse(bed.companion({"stats", "--json"}).out)["by_class"]["cache/zip-corrupt"] == 1);
}

}  // namespace tests

// Promises 4 and 6 against a first source that means harm: what it gives instead of a zip, a
// go.mod, an .info, a list or the checksum database's answers, alone and together. The second
// source is honest, and go.sum or the database vouches: the command succeeds, and nothing wrong is
// kept. With two such sources it fails, and nothing wrong is kept either.

#include <cstdlib>
#include <sstream>

#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::vector<std::string> kinds = {"wrong", "html", "empty", "truncate"};
constexpr std::size_t most_requests = 40;  // per source, of a command that needs 10

struct Part {
  std::string name, path;
};

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {{"zip", R"(@v/v1\.1\.0\.zip$)"},
                                        {"mod", R"(@v/v1\.1\.0\.mod$)"},
                                        {"info", R"(@v/v1\.1\.0\.info$)"},
                                        {"list", R"(@v/list$)"},
                                        {"sumdb", R"(^sumdb/)"}};
  return all;
}

using Lies = std::vector<std::string>;  // for each part its kind; empty: none

struct Situation {
  std::string name;
  bool has_go_sum, through_proxies;
  Args command;
};

const std::vector<Situation>& situations() {
  static const std::vector<Situation> all = {
      {"go.sum", true, false, {"build", "."}},
      {"the database", false, false, {"build", "-mod=mod", "."}},
      {"the database, through proxies", false, true, {"build", "-mod=mod", "."}},
      {"get, the database", false, false, {"get", alpha}},
  };
  return all;
}

class Duel {
 public:
  Duel(const Situation& situation, const Lies& lies, bool both_lie)
      : bed(gos().back(), {.modules = Modules::empty}), database(second.sumdb()) {
    sums = read_file(bed.app / "go.sum");
    remove_tree(bed.app);
    write_file(bed.app / "go.mod",
               "module example.com/small\n\ngo 1.17\n\nrequire github.com/acme/alpha v1.1.0\n");
    write_file(bed.app / "main.go",
               "package main\n\nimport \"github.com/acme/alpha\"\n\n"
               "func main() { println(alpha.Name()) }\n");
    if (situation.has_go_sum) write_file(bed.app / "go.sum", sums);
    bed.env["GOSUMDB"] = situation.through_proxies ? database.key() : database.with_url();
    bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
    bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
    for (const Source* source : {&bed.proxy, &second}) {
      source->pass_sumdbs_on(situation.through_proxies);
      if (source == &second && !both_lie) continue;
      for (std::size_t i = 0; i < lies.size(); ++i) {
        if (!lies[i].empty())
          source->fault({.match = parts()[i].path, .kind = lies[i], .bytes = 20});
      }
    }
  }

  // Whatever stands in the cache or in go.sum is what the world holds.
  void check_nothing_wrong_is_kept() const {
    const Snapshot& wanted = bed.pristine_modules();
    for (const auto& [path, entry] : bed.modules()) {
      const bool is_verified = path.ends_with(".zip") || path.ends_with(".ziphash") ||
                               path.ends_with(".mod") || path.find("alpha@v1.1.0/") == 0;
      if (!is_verified || path.starts_with("cache/gomend/")) continue;
      INFO(path);
      CHECK(wanted.contains(path));
      if (wanted.contains(path)) CHECK(wanted.at(path).digest == entry.digest);
    }
    const std::string go_sum =
        fs::exists(bed.app / "go.sum") ? read_file(bed.app / "go.sum") : std::string();
    std::istringstream lines(go_sum);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(sums.find(line + "\n") != std::string::npos);
    }
  }

  Bed bed;
  Source second;
  Sumdb database;
  std::string sums;  // of all the world's modules
};

std::string text_of(const Lies& lies) {
  std::string text;
  for (std::size_t i = 0; i < lies.size(); ++i) {
    if (!lies[i].empty()) text += " " + parts()[i].name + " " + lies[i];
  }
  return text;
}

void check(const Situation& situation, const Lies& lies, bool both_lie) {
  const char* only = std::getenv("GOMEND_TEST_ROW");
  if (only != nullptr && (situation.name + text_of(lies)).find(only) == std::string::npos) return;
  const Duel duel(situation, lies, both_lie);
  const Bed& bed = duel.bed;
  Ran ran = bed.gomend(situation.command);
  INFO(situation.name << ":" << text_of(lies) << (both_lie ? ", both" : "") << "\n"
                      << ran.text() << "first:\n"
                      << bed.proxy.log_text() << "second:\n"
                      << duel.second.log_text());
  // -mod=mod: go itself notes what was refuted in go.sum. gomend says so, and with the line gone
  // the command succeeds.
  if (ran.err.find("run: gomend fix --gosum\n") != std::string::npos) {
    CHECK(ran.code() == 1);
    const Ran fix = bed.companion({"fix", "--yes"}, {.cwd = "/"});
    INFO(fix.text());
    CHECK(fix.code() == 0);
    const Ran again = bed.go(situation.command);
    INFO("after fix: " << again.text());
    if (!both_lie) CHECK(again.code() == 0);
    ran.status = again.status;
  }
  if (!both_lie) CHECK(ran.code() == 0);
  tally("adversary", situation.name, ran.code() == 0 ? "succeed" : "fail");
  CHECK(bed.proxy.log().size() <= most_requests);
  CHECK(duel.second.log().size() <= most_requests);
  duel.check_nothing_wrong_is_kept();
}

}  // namespace

TEST_CASE("a source that lies in one thing is found out, and the next one is taken", "[e2e]") {
  for (const Situation& situation : situations()) {
    for (std::size_t part = 0; part < parts().size(); ++part) {
      for (const std::string& kind : kinds) {
        Lies lies(parts().size());
        lies[part] = kind;
        check(situation, lies, false);
      }
    }
  }
}

TEST_CASE("a proxy that lies in a zip and in the database's answers is passed over", "[e2e]") {
  check(situations()[2], {"html", "", "", "", "html"}, false);
}

TEST_CASE("what go noted of a source that lies is out of go.sum by what another says", "[e2e]") {
  check(situations()[1], {"wrong", "", "empty", "", ""}, false);
}

TEST_CASE("two sources that lie get nothing wrong accepted", "[e2e]") {
  for (const Situation& situation : situations()) {
    for (const std::string& kind : kinds) check(situation, Lies(parts().size(), kind), true);
  }
}

TEST_CASE("a source that lies in any combination of things is found out", "[.long][e2e]") {
  for (const Situation& situation : situations()) {
    for (unsigned mask = 1; mask < 1U << parts().size(); ++mask) {
      for (std::size_t first = 0; first < kinds.size(); ++first) {
        Lies lies(parts().size());
        for (std::size_t part = 0; part < lies.size(); ++part) {
          if ((mask >> part & 1U) != 0) lies[part] = kinds[(first + part) % kinds.size()];
        }
        check(situation, lies, false);
      }
    }
  }
}

}  // namespace tests

// `gomend evict`: what it takes out comes back, go fetches it anew, and a private tag that was
// moved brings its new bytes with --refetch, which nothing but a clone taken along can bring.

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string lib = "github.com/ourselves/evicted@v1.0.0";

// A private module in a git repository, fetched directly.
struct Company {
  explicit Company(const Go& go) : bed(go, {.modules = Modules::empty}) {
    bed.env["GOPRIVATE"] = "github.com/ourselves";
    write_file(bed.home / ".gitconfig",
               "[url \"" + modserver_url() + "/git/\"]\n\tinsteadOf = https://\n");
    publish("old");
    write_file(bed.app / "place/go.mod",
               "module example.com/place\n\ngo 1.17\n\nrequire "
               "github.com/ourselves/evicted v1.0.0\n");
    write_file(bed.app / "place/main.go",
               "package main\n\nimport \"github.com/ourselves/evicted\"\n\nfunc main() { "
               "println(evicted.Word) }\n");
  }

  void publish(const std::string& word) const {
    commit_to_git("github.com/ourselves/evicted",
                  {{"go.mod", "module github.com/ourselves/evicted\n\ngo 1.17\n"},
                   {"a.go", "package evicted\n\nconst Word = \"" + word + "\"\n"}},
                  "");
    const Ran tag = run({"git", "-C", (git_root() / "github.com/ourselves/evicted.git").string(),
                         "tag", "-f", "v1.0.0", "main"},
                        {.env = {{"PATH", "/usr/bin:/bin"}}});
    if (tag.code() != 0) throw std::runtime_error(tag.text());
  }

  [[nodiscard]] Ran go(const Args& args) const { return bed.go(args, {.cwd = bed.app / "place"}); }
  [[nodiscard]] Ran companion(const Args& args) const {
    return bed.companion(args, {.cwd = bed.app / "place"});
  }

  Bed bed;
};

}  // namespace

TEST_CASE("evict: what is taken out is fetched anew, and restore brings it back", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go);
      const Snapshot before = bed.modules();
      const Ran ran = bed.companion({"evict", alpha, "--json"});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      const Json one = json_of(ran)["evicted"][0];
      CHECK(one["module"] == alpha);
      CHECK(one["ok"] == true);
      CHECK(!fs::exists(bed.zip(alpha)));
      CHECK(!fs::exists(bed.tree(alpha)));
      CHECK(!fs::exists(bed.download(alpha, ".mod")));
      CHECK(bed.proxy.log_text() == "");
      CHECK(bed.go({"build", "./..."}).code() == 0);
      CHECK(bed.proxy.log_text().find("alpha/@v/v1.1.0.zip") != std::string::npos);
      CHECK(bed.companion({"history"}).out.find(alpha) != std::string::npos);
      REQUIRE(bed.companion({"restore", one["quarantine"].text()}).code() == 0);
      CHECK(difference(before, bed.modules(),
                       {.ignore = {"*.lock", "cache/gomend", "cache/lock"}}) == "");
    }
  }
}

TEST_CASE("evict: a path with a major version suffix is a module's like any other", "[e2e]") {
  const std::string beta = "github.com/acme/beta/v2@v2.3.0";
  for (const std::string& word : {beta, std::string("github.com/acme/beta/v2")}) {
    const Bed bed(gos().back());
    const Ran ran = bed.companion({"evict", word});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(!fs::exists(bed.zip(beta)));
    CHECK(!fs::exists(bed.tree(beta)));
  }
}

TEST_CASE("evict: a module without a version is all its cached versions; a tree alone counts",
          "[e2e]") {
  Bed bed(gos().back());
  REQUIRE(bed.go({"mod", "download", "github.com/acme/alpha@v1.0.0"}, {.cwd = bed.tmp}).code() ==
          0);
  for (const char* extension : {".zip", ".ziphash", ".mod", ".info"})
    fs::remove(bed.download("github.com/BurntSynth/Gamma@v0.4.0", extension));
  const Ran ran = bed.companion({"evict", "github.com/acme/alpha", "github.com/BurntSynth/Gamma"});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 3);
  CHECK(!fs::exists(bed.tree(alpha)));
  CHECK(!fs::exists(bed.tree("github.com/acme/alpha@v1.0.0")));
  CHECK(!fs::exists(bed.tree("github.com/BurntSynth/Gamma@v0.4.0")));
  CHECK(fs::exists(bed.tree("github.com/acme/zeta@v1.0.0")));
}

TEST_CASE("evict --refetch brings the new bytes of a private tag that was moved", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Company company(go);
      REQUIRE(company.go({"mod", "tidy"}).code() == 0);
      const Ran old = company.go({"run", "."});
      INFO(old.text());
      REQUIRE(old.err == "old\n");
      company.publish("new");
      const std::string go_sum = read_file(company.bed.app / "place/go.sum");
      const Ran ran = company.companion({"evict", "--refetch", lib});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(ran.out.find("content changed") != std::string::npos);
      CHECK(ran.out.find("go.sum has the old checksum") != std::string::npos);
      // go.sum stays as it was, and keeps its word.
      CHECK(read_file(company.bed.app / "place/go.sum") == go_sum);
      CHECK(company.go({"run", "."}).err.find("checksum mismatch") != std::string::npos);
      fs::remove(company.bed.app / "place/go.sum");
      REQUIRE(company.go({"mod", "tidy"}).code() == 0);
      CHECK(company.go({"run", "."}).err == "new\n");
    }
  }
}

TEST_CASE("evict: without --refetch the clone goes, too, so that go itself sees the new tag",
          "[e2e]") {
  Company company(gos().back());
  REQUIRE(company.go({"mod", "tidy"}).code() == 0);
  company.publish("new");
  const Ran ran = company.companion({"evict", lib, "--json"});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  fs::remove(company.bed.app / "place/go.sum");
  REQUIRE(company.go({"mod", "tidy"}).code() == 0);
  CHECK(company.go({"run", "."}).err == "new\n");
}

TEST_CASE("evict --refetch: nothing leaves the cache when nothing comes", "[e2e]") {
  Bed bed(gos().back());
  bed.proxy.fault({.kind = "status", .status = 404});
  const Snapshot before = bed.modules();
  const Ran ran = bed.companion({"evict", "--refetch", alpha});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(ran.out.find("not changed") != std::string::npos);
  CHECK(difference(before, bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
}

TEST_CASE(
    "evict: a public module's moved tag stays out: the checksum database does not vouch for it",
    "[e2e]") {
  Bed bed(gos().back());
  const Sumdb sumdb = bed.proxy.sumdb({{alpha, "h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU="}});
  bed.env["GOSUMDB"] = sumdb.with_url();
  const Snapshot before = bed.modules();
  const Ran ran = bed.companion({"evict", "--refetch", alpha});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(difference(before, bed.modules(),
                   {.ignore = {"*.lock", "cache/download/sumdb"}, .inodes = true}) == "");
}

TEST_CASE("evict: what is no module gets one line and status 2, what is not cached status 1",
          "[e2e]") {
  Bed bed(gos().back());
  for (const Args& args : std::vector<Args>{{},
                                            {"../../etc"},
                                            {alpha + "/../x"},
                                            {"github.com/a/b@latest"},
                                            {"github.com/a/b@v1"},
                                            {"--nosuch"}}) {
    Args all = {"evict"};
    all.insert(all.end(), args.begin(), args.end());
    const Ran ran = bed.companion(all);
    INFO(ran.text());
    CHECK(ran.code() == 2);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
  CHECK(bed.companion({"evict", "github.com/nobody/nothing"}).code() == 1);
  CHECK(bed.companion({"evict", "github.com/acme/alpha@v1.9.9"}).code() == 1);
}

}  // namespace tests

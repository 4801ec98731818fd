// `gomend diff`: records, the cache and each source side by side, and the files that differ; what
// is fetched for it leaves no trace.

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

// From now on the source serves another alpha: a file changed, one added, one lost.
void serve_another(const Bed& bed, const Source& source) {
  const fs::path files = bed.root / "tmp/other" / alpha;
  write_file(files / "go.mod", "module github.com/acme/alpha\n\ngo 1.17\n");
  write_file(files / "LICENSE", "Public domain.\n");
  write_file(files / "alpha.go", "package alpha\n");
  write_file(files / "new.bin", std::string("\0\xff\n\0", 4));
  write_file(files / "inner/inner.go", "package inner\n\nconst Depth = \"inner\"\n");
  write_file(files / "unused/unused.go", "package unused\n\nconst Unused = true\n");
  source.serve_first({bed.root / "tmp/other"});
}

Json named(const Json& list, const std::string& name) {
  for (const Json& one : list.elements())
    if (one["name"] == name) return one;
  return {};
}

}  // namespace

TEST_CASE("diff: all the same, and the cache as it was", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const Snapshot before = bed.modules(), project = snapshot(bed.app);
      const Ran ran = bed.companion({"diff", alpha, "--json"});
      const Json object = json_of(ran);
      CHECK(ran.code() == 0);
      CHECK(object["verdict"] == "same");
      const std::string h1 = h1_of(bed.zip(alpha));
      for (const char* name : {"go.sum", "ziphash", "the cache"})
        CHECK(named(object["recorded"], name)["zip"] == Args{h1});
      CHECK(object["sources"].size() == 1);
      CHECK(object["sources"][0]["zip"] == Args{h1});
      CHECK(object["sources"][0]["go_mod"] == Args{h1_of(bed.download(alpha, ".mod"))});
      CHECK(object["files"] == Json::array());
      CHECK(difference(before, bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
      CHECK(difference(project, snapshot(bed.app)) == "");
      CHECK(bed.companion({"diff", alpha}).code() == 0);
    }
  }
}

TEST_CASE("diff: the files that a source serves otherwise", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go);
      // The checksum database contradicts it, too: it is looked at all the same, and only that.
      const Sumdb sumdb = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = sumdb.with_url();
      serve_another(bed, bed.proxy);
      const Snapshot before = bed.modules();
      const Ran ran = bed.companion({"diff", "--json", alpha});
      const Json object = json_of(ran);
      CHECK(ran.code() == 1);
      CHECK(object["verdict"] == "differs");
      REQUIRE(object["files"].size() == 3);
      const Json changed = named(object["files"], "alpha.go");
      CHECK(changed["change"] == "changed");
      CHECK(changed["before"] == fs::file_size(bed.tree(alpha) / "alpha.go"));
      CHECK(changed["after"] == 14);
      CHECK(changed["against"] == "the cached zip");
      CHECK(named(object["files"], "extra.go")["change"] == "removed");
      CHECK(named(object["files"], "new.bin")["change"] == "added");
      CHECK(named(object["files"], "new.bin")["after"] == 4);
      CHECK(difference(before, bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
      const Ran text = bed.companion({"diff", alpha});
      CHECK(text.code() == 1);
      CHECK(text.out.find("\n  + new.bin (4 bytes)\n") != std::string::npos);
      CHECK(text.out.find("\n  - extra.go (") != std::string::npos);
      // What is recorded still rules: go takes nothing of it.
      CHECK(bed.go({"build", "./..."}).code() == 0);
    }
  }
}

TEST_CASE("diff: each source of a public module by itself; of any other what plain go would ask",
          "[e2e]") {
  Bed bed(gos().back());
  const Source liar;
  serve_another(bed, liar);
  bed.env["GOPROXY"] = bed.proxy.url() + "," + liar.url();
  bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
  Ran ran = bed.companion({"diff", "--json", alpha});
  CHECK(ran.code() == 1);
  CHECK(!bed.proxy.log().empty());
  CHECK(!liar.log().empty());
  CHECK(json_of(ran)["files"].size() == 3);
  liar.clear_log();
  bed.env.erase("GOMEND_PUBLIC");
  ran = bed.companion({"diff", "--json", alpha});
  CHECK(ran.code() == 0);
  CHECK(json_of(ran)["sources"].size() == 1);
  CHECK(liar.log().empty());
  // A private module is asked of no proxy at all.
  bed.proxy.clear_log();
  bed.env["GOPRIVATE"] = "github.com/acme";
  bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
  bed.env["GIT_ALLOW_PROTOCOL"] = "none";
  bed.env["HTTPS_PROXY"] = "http://127.0.0.1:9";
  ran = bed.companion({"diff", "--json", alpha});
  CHECK(ran.code() == 2);
  CHECK(bed.proxy.log().empty());
  CHECK(liar.log().empty());
  CHECK(json_of(ran)["sources"][0]["name"] == "direct");
}

TEST_CASE("diff: a damaged zip differs; what a repair has put away is held against the source",
          "[e2e]") {
  Bed bed(gos().back());
  rezip(bed.zip(alpha), "edited");
  write_file(bed.download(alpha, ".ziphash"), h1_of(bed.zip(alpha)));
  remove_tree(bed.tree(alpha));
  REQUIRE(bed.gomend({"build", "./..."}).code() == 0);
  Ran ran = bed.companion({"diff", "--json", alpha});
  Json object = json_of(ran);
  CHECK(ran.code() == 0);
  REQUIRE(object["files"].size() > 0);
  CHECK(object["files"][0]["against"].text().starts_with("the quarantined zip ("));
  damage(bed.zip(alpha), "half");
  ran = bed.companion({"diff", "--json", alpha});
  object = json_of(ran);
  CHECK(ran.code() == 1);
  CHECK(named(object["recorded"], "the cache")["error"] == "zip is corrupt");
}

TEST_CASE("diff: what can't be told has status 2", "[e2e]") {
  Bed bed(gos().back(), {.modules = Modules::empty});
  // One voice alone: nothing to hold it against.
  CHECK(bed.companion({"diff", "github.com/acme/lonely@v1.0.0"}).code() == 2);
  bed.proxy.fault({.kind = "status", .status = 500});
  const Ran ran = bed.companion({"diff", alpha, "--json"});
  CHECK(ran.code() == 2);
  CHECK(ran.err.starts_with("gomend: diff: nothing to compare"));
  CHECK(!json_of(ran)["sources"][0]["error"].text().empty());
  for (const Args& args : std::vector<Args>{{"diff"},
                                            {"diff", "github.com/acme/alpha"},
                                            {"diff", "../x@v1.0.0"},
                                            {"diff", alpha, alpha},
                                            {"diff", "--unified", alpha}}) {
    const Ran misused = bed.companion(args);
    INFO(misused.text());
    CHECK(misused.code() == 2);
    CHECK(misused.out == "");
    CHECK(std::count(misused.err.begin(), misused.err.end(), '\n') == 1);
  }
}

}  // namespace tests

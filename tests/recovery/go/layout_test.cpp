// Where things lie in Go's caches, and that nothing else is ever taken for a place in them.

#include "recovery/go/layout.hpp"

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::locate;
using recovery::ModuleVersion;

struct LocateRow {
  std::string path;  // "$C" is the cache's root
  std::string module;
  std::string in_tree = {};
  std::string extension = {};
};

std::string in_cache(std::string path, const std::string& root) {
  const std::size_t at = path.find("$C");
  return at == path.npos ? path : path.replace(at, 2, root);
}

const std::vector<LocateRow> places = {
    {"$C/github.com/acme/alpha@v1.1.0", "github.com/acme/alpha@v1.1.0"},
    {"$C/github.com/acme/alpha@v1.1.0/", "github.com/acme/alpha@v1.1.0"},
    {"$C/github.com/acme/alpha@v1.1.0/inner/a.go", "github.com/acme/alpha@v1.1.0", "inner/a.go"},
    {"$C/github.com/acme/alpha@v1.1.0/a@b.go", "github.com/acme/alpha@v1.1.0", "a@b.go"},
    {"$C/github.com/!burnt!synth/!gamma@v0.4.0/g.go", "github.com/BurntSynth/Gamma@v0.4.0", "g.go"},
    {"$C/github.com/acme/beta/v2@v2.3.0/b.go", "github.com/acme/beta/v2@v2.3.0", "b.go"},
    {"$C/a.b/c@v3.0.0+incompatible/d.go", "a.b/c@v3.0.0+incompatible", "d.go"},
    {"$C/a.b/c@v1.0.0-!r!c1/d.go", "a.b/c@v1.0.0-RC1", "d.go"},
    {"$C//a.b/./c@v1.0.0/x/../d.go", "a.b/c@v1.0.0", "d.go"},
    {"/x/..$C/a.b/c@v1.0.0/d.go", "a.b/c@v1.0.0", "d.go"},
    {"$C/cache/download/a.b/c/@v/v1.0.0.zip", "a.b/c@v1.0.0", "", ".zip"},
    {"$C/cache/download/a.b/c/@v/v1.0.0.ziphash", "a.b/c@v1.0.0", "", ".ziphash"},
    {"$C/cache/download/a.b/!c/@v/v1.0.0-!x.y.mod", "a.b/C@v1.0.0-X.y", "", ".mod"},
    {"$C/cache/download/a.b/c/v2/@v/v2.0.0.lock", "a.b/c/v2@v2.0.0", "", ".lock"},
    {"$C/a.b/c@v1.0.0/name\nof a file", "a.b/c@v1.0.0", "name\nof a file"},
};

const std::vector<std::string> no_places = {
    "",
    "$C",
    "$C/",
    "/",
    "a.b/c@v1.0.0",
    "./a.b/c@v1.0.0",
    "$C/../a.b/c@v1.0.0",
    "$C-other/a.b/c@v1.0.0/d.go",
    "$C/a.b/c@v1.0.0/../../../../etc/passwd",
    "$C/a.b/../../c@v1.0.0/d.go",
    "/etc/passwd",
    "$C/a.b/c",
    "$C/a.b/c@",
    "$C/@v1.0.0",
    "$C/a.b/c@latest",
    "$C/a.b/c@v1.0",
    "$C/a.b/C@v1.0.0",
    "$C/a.b/!C@v1.0.0",
    "$C/a.b/c@v1.0.0-RC1",
    "$C/a/c@v1.0.0",
    "$C/con.b/c/aux@v1.0.0",
    "$C/a.b/c@v2.0.0",
    "$C/cache/lock",
    "$C/cache/download/a.b/c/@v/list",
    "$C/cache/download/a.b/c/@v/v1.0.0",
    "$C/cache/download/a.b/c/@v/v1.0.0.zip/x",
    "$C/cache/download/a.b/c/@v/v1.0.0.zip123.tmp",
    "$C/cache/download/a.b/c/@latest",
    "$C/cache/download/sumdb/db.example/lookup/a.b/c@v1.0.0",
    "$C/cache/download/../../../a.b/c/@v/v1.0.0.zip",
    "$C/cache/vcs/0123/HEAD",
    "$C/cache/gomend/quarantine/x/a.b/c@v1.0.0/d.go",
    std::string("$C/a.b/c@v1.0.0\0/d.go", 21),
};

}  // namespace

TEST_CASE("a path that go printed is the module that lies there", "[recovery]") {
  for (const char* root : {"/home/me/go/pkg/mod", "/m"}) {
    for (const LocateRow& row : places) {
      CAPTURE(row.path, root);
      const auto located = locate(root, in_cache(row.path, root));
      REQUIRE(located);
      CHECK(located->module.str() == row.module);
      CHECK(located->in_tree == row.in_tree);
      CHECK(located->extension == row.extension);
    }
  }
}

TEST_CASE("text printed by a program can never name a path outside the cache", "[recovery]") {
  for (const std::string& path : no_places) {
    CAPTURE(path);
    CHECK_FALSE(locate("/home/me/go/pkg/mod", in_cache(path, "/home/me/go/pkg/mod")));
  }
}

TEST_CASE("a path is cleaned as path.Clean does it", "[recovery]") {
  const std::pair<std::string, std::string> rows[] = {
      {"/", "/"},
      {"//", "/"},
      {"/.", "/"},
      {"/..", "/"},
      {"/../../a", "/a"},
      {"/a/", "/a"},
      {"/a//b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a"},
      {"/a/.../b", "/a/.../b"},
      {"/a/b/../../..", "/"},
      {"/a/..b", "/a/..b"},
  };
  for (const auto& [path, clean] : rows) {
    CAPTURE(path);
    CHECK(recovery::clean_path(path).value() == clean);
  }
  CHECK_FALSE(recovery::clean_path(""));
  CHECK_FALSE(recovery::clean_path("a"));
  CHECK_FALSE(recovery::clean_path(std::string("/a\0b", 4)));
}

TEST_CASE("artefacts lie where Go puts them", "[recovery]") {
  const Bed bed(gos().back());
  for (const std::string& module : required_modules()) {
    CAPTURE(module);
    const auto m = ModuleVersion::parse(module);
    REQUIRE(m);
    CHECK(fs::is_directory(bed.gomodcache / recovery::tree_dir(*m)));
    CHECK(fs::is_regular_file(bed.gomodcache / recovery::list_file(*m)));
    for (const char* extension : {".info", ".mod", ".zip", ".ziphash", ".lock"}) {
      CHECK(fs::is_regular_file(bed.gomodcache / recovery::download_file(*m, extension)));
    }
  }
}

TEST_CASE("the index of a tree is found in GOCACHE", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const auto m = ModuleVersion::parse("github.com/BurntSynth/Gamma@v0.4.0");
      const fs::path entry =
          bed.gocache / recovery::index_entry(go.version, bed.tree(m->str()).string());
      CHECK_FALSE(fs::exists(entry));
      REQUIRE(bed.go({"list", "-deps", "./..."}).code() == 0);
      CHECK(fs::exists(entry));
    }
  }
}

TEST_CASE("experiments count in a toolchain's index, not in its salt", "[recovery]") {
  // sha256("go1.21.0module index go1.21.0 X:rangefunc go index v2 /t\n")
  CHECK(recovery::index_entry("go1.21.0 X:rangefunc", "/t") ==
        sha256("go1.21.0module index go1.21.0 X:rangefunc go index v2 /t\n").substr(0, 2) + "/" +
            sha256("go1.21.0module index go1.21.0 X:rangefunc go index v2 /t\n") + "-a");
  CHECK(recovery::index_entry("go1.19.8", "/t").substr(3) ==
        sha256("go1.19.8module index go1.19.8 go index v1 /t\n") + "-a");
}

}  // namespace tests

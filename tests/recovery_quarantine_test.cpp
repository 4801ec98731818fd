// What is replaced is kept for a while, and comes back as it was.

#include "recovery/quarantine.hpp"

#include <sys/stat.h>

#include <ctime>

#include "tests/bed/files.hpp"
#include "tests/bed/snapshot.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Quarantine;
using recovery::Root;

const std::string zip = "cache/download/x.y/a/@v/v1.0.0.zip";
const std::string tree = "x.y/a@v1.0.0";

void make_cache(const fs::path& dir) {
  write_file(dir / zip, "damaged");
  write_file(dir / tree / "a.go", "package a");
  write_file(dir / tree / "foreign/inner/b.go", "package b");
  fs::create_symlink("nowhere", dir / tree / "link");
  fs::permissions(dir / tree / "a.go", fs::perms{0444});
  for (const char* inner : {"foreign/inner", "foreign", ""}) {
    fs::permissions(dir / tree / inner, fs::perms{0555});
  }
}

const Compare less_own{.ignore = {"cache/gomend"}};

}  // namespace

TEST_CASE("what was taken is restored as it was", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  const Snapshot before = snapshot(dir.path());
  std::string id;
  {
    Quarantine quarantine(cache);
    quarantine.keep(zip);
    quarantine.take(tree + "/foreign");
    quarantine.take(tree + "/link");
    quarantine.keep_bytes("gocache/3f/3f00-a", "v1 entry");
    id = quarantine.id();
    CHECK(quarantine.kept() == std::vector<std::string>{zip, tree + "/foreign", tree + "/link"});
  }
  CHECK(difference(before, snapshot(dir.path()), less_own) ==
        "- " + tree + "/foreign\n- " + tree + "/foreign/inner\n- " + tree +
            "/foreign/inner/b.go\n- " + tree + "/link\n");
  // The kept zip is the old bytes, whatever is renamed over it.
  write_file(dir.path() / "new", "good");
  cache.rename("new", zip);

  const auto files = recovery::restore(cache, id);
  CHECK(files == std::vector<std::string>{zip, tree + "/foreign/inner/b.go", tree + "/link"});
  // Its directories are writable now, as with -modcacherw.
  CHECK(difference(before, snapshot(dir.path()), less_own) ==
        "~ " + tree + "/foreign mode 0555 -> 0755\n~ " + tree +
            "/foreign/inner mode 0555 -> 0755\n");
  CHECK((cache.stat(tree).st.st_mode & 07777) == 0555);

  // And what stood there meanwhile is kept in turn.
  const auto ids = recovery::quarantines(cache);
  REQUIRE(ids.size() == 1);
  CHECK(ids[0] != id);
  recovery::restore(cache, ids[0]);
  CHECK(read_file(dir.path() / zip) == "good");
}

TEST_CASE("a file that stood for a directory comes back with what stood in its place",
          "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "x.y", "a file");
  const Root cache(dir.path());
  Quarantine quarantine(cache);
  quarantine.take("x.y");
  write_file(dir.path() / "x.y/a@v1.0.0/a.go", "package a");
  recovery::restore(cache, quarantine.id());
  CHECK(read_file(dir.path() / "x.y") == "a file");
  const auto ids = recovery::quarantines(cache);
  REQUIRE(ids.size() == 1);
  CHECK(read_file(dir.path() / "cache/gomend/quarantine" / ids[0] / "x.y/a@v1.0.0/a.go") ==
        "package a");
}

TEST_CASE("an id that is none restores nothing", "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  for (const char* id : {"", ".", "..", "../..", "20260102T030405Z-1"}) {
    CAPTURE(id);
    CHECK_THROWS(recovery::restore(cache, id));
  }
}

TEST_CASE("what was kept goes after two weeks, not before", "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  const auto id_of = [](std::time_t age) {
    const std::time_t then = std::time(nullptr) - age;
    std::tm parts = {};
    ::gmtime_r(&then, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ-1", &parts);
    return std::string(text);
  };
  const std::string old = id_of(15 * 24 * 3600), young = id_of(13 * 24 * 3600);
  for (const std::string& id : {old, young}) {
    write_file(dir.path() / "cache/gomend/quarantine" / id / tree / "a.go", "package a");
    fs::permissions(dir.path() / "cache/gomend/quarantine" / id / tree, fs::perms{0555});
  }
  const Quarantine quarantine(cache);
  CHECK(recovery::quarantines(cache) == std::vector<std::string>{young});
}

TEST_CASE("nothing is made before something is kept", "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  const Quarantine quarantine(cache);
  CHECK(fs::is_empty(dir.path()));
}

}  // namespace tests

// What lies in the cache is held against what it should be; each artefact is judged for itself.

#include "recovery/evidence/inspect.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <functional>

#include "recovery/evidence/tree.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/repair/version_lock.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Depth;
using recovery::Expected;
using recovery::Health;
using recovery::ModuleState;
using recovery::ModuleVersion;
using recovery::Root;
using recovery::TreeFault;

const std::string alpha = "github.com/acme/alpha@v1.1.0";

Expected expected_of(const Bed& bed) {
  Expected expected;
  expected.zip = {h1_of(bed.zip(alpha))};
  expected.go_mod = {h1_of(bed.download(alpha, ".mod"))};
  expected.by = Expected::By::go_sum;
  return expected;
}

// "zip ziphash tree": what is broken; "(zip)": what is absent.
std::string verdict(const ModuleState& s) {
  std::string words;
  const auto add = [&](const char* name, Health health) {
    if (health == Health::broken) words += std::string(name) + " ";
    if (health == Health::absent) words += "(" + std::string(name) + ") ";
    if (health == Health::unreadable) words += std::string(name) + "! ";
  };
  add("zip", s.zip);
  add("ziphash", s.ziphash);
  add("mod", s.go_mod);
  add("info", s.info);
  add("lock", s.lock);
  add("list", s.list);
  add("tree", s.tree);
  if (s.partial == Health::broken) words += "partial ";
  return words;
}

struct Row {
  std::string name;
  std::function<void(const Bed&)> damage;
  std::string verdict;
};

std::function<void(const Bed&)> spoil(const std::string& extension, const std::string& kind) {
  return [=](const Bed& bed) { damage(bed.download(alpha, extension), kind); };
}

std::function<void(const Bed&)> spoil_tree(const std::string& file, const std::string& kind) {
  return [=](const Bed& bed) { damage(bed.tree(alpha) / file, kind); };
}

const std::vector<Row> rows = {
    {"nothing", [](const Bed&) {}, ""},
    {"zip deleted", spoil(".zip", "deleted"), "(zip) "},
    {"zip half", spoil(".zip", "half"), "zip "},
    {"zip of another module", spoil(".zip", "other-module"), "zip "},
    {"zip without entries", spoil(".zip", "valid-empty"), "zip "},
    {"zip edited", spoil(".zip", "edited"), "zip "},
    {"zip a directory", spoil(".zip", "dir"), "zip "},
    {"zip a link", spoil(".zip", "dangling"), "zip "},
    {"ziphash deleted", spoil(".ziphash", "deleted"), "(ziphash) "},
    {"ziphash emptied", spoil(".ziphash", "emptied"), "ziphash "},
    {"ziphash edited", spoil(".ziphash", "edited"), "ziphash "},
    {"ziphash with an end of line", spoil(".ziphash", "trailing"), "ziphash "},
    {"mod deleted", spoil(".mod", "deleted"), "(mod) "},
    {"mod edited", spoil(".mod", "edited"), "mod "},
    {"mod NULs", spoil(".mod", "zerofill"), "mod "},
    {"info emptied", spoil(".info", "emptied"), ""},  // go fetches it again by itself
    {"info of another version", spoil(".info", "edited"), "info "},
    {"lock a directory", spoil(".lock", "dir"), "lock "},
    {"lock with content", spoil(".lock", "garbage"), ""},
    {"list NULs", [](const Bed& bed) { damage(bed.list(alpha), "zerofill"); }, "list "},
    {"list a directory", [](const Bed& bed) { damage(bed.list(alpha), "dir"); }, "list "},
    {"partial a directory",
     [](const Bed& bed) { fs::create_directory(bed.download(alpha, ".partial")); }, "partial "},
    {"file lost", spoil_tree("extra.go", "deleted"), "tree "},
    {"file changed", spoil_tree("extra.go", "bitflip"), "tree "},
    {"LICENSE changed", spoil_tree("LICENSE", "bitflip"), "tree "},
    {"file more",
     [](const Bed& bed) {
       const Writable writable(bed.tree(alpha));
       write_file(bed.tree(alpha) / "zz.go", "package alpha");
     },
     "tree "},
    {"tree a file", [](const Bed& bed) { damage(bed.tree(alpha), "file"); }, "tree "},
    {"tree emptied", [](const Bed& bed) { damage(bed.tree(alpha), "emptied"); }, "tree "},
    {"tree deleted", [](const Bed& bed) { damage(bed.tree(alpha), "deleted"); }, "(tree) "},
};

std::string faults_of(const ModuleState& state) {
  const char* const kinds[] = {"missing", "changed", "extra", "unreadable"};
  std::string text;
  for (const TreeFault& fault : state.tree_faults) {
    text += fault.name + " " + kinds[static_cast<int>(fault.kind)] + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("each artefact is judged by what go.sum says", "[recovery]") {
  const Go& go = gos().back();
  const auto m = ModuleVersion::parse(alpha);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Bed bed(go);
      const Expected expected = expected_of(bed);
      row.damage(bed);
      const ModuleState state =
          recovery::inspect(Root(bed.gomodcache), *m, expected, Depth::everything);
      CHECK(verdict(state) == row.verdict);
      CHECK(state.broken() ==
            (row.verdict.find_first_of("(") == std::string::npos && !row.verdict.empty()));
    }
  }
}

TEST_CASE("where nobody recorded a hash the majority is right", "[recovery]") {
  const Go& go = gos().back();
  const auto m = ModuleVersion::parse(alpha);
  for (const Row& row : rows) {
    if (row.name.starts_with("mod edited")) continue;  // well-formed, and nobody knows better
    DYNAMIC_SECTION(row.name) {
      const Bed bed(go);
      row.damage(bed);
      const ModuleState state =
          recovery::inspect(Root(bed.gomodcache), *m, Expected(), Depth::everything);
      CHECK(verdict(state) == row.verdict);
    }
  }
}

TEST_CASE("what differs in a tree is told file by file", "[recovery]") {
  const Bed bed(gos().back());
  const fs::path tree = bed.tree(alpha);
  damage(tree / "extra.go", "deleted");
  damage(tree / "LICENSE", "edited");
  damage(tree / "inner", "file");
  damage(tree / "alpha.go", "dir");
  {
    const Writable writable(tree);
    write_file(tree / "new/deep/a\nb.go", "package deep");
    fs::create_symlink("alpha.go", tree / "link.go");
  }
  const auto m = ModuleVersion::parse(alpha);
  const ModuleState state =
      recovery::inspect(Root(bed.gomodcache), *m, expected_of(bed), Depth::everything);
  CHECK(faults_of(state) ==
        "alpha.go extra\nnew extra\nLICENSE changed\ninner extra\nlink.go extra\n"
        "alpha.go missing\nextra.go missing\ninner/inner.go missing\n");
}

TEST_CASE("a tree has the h1 that Go gives it", "[recovery]") {
  const Bed bed(gos().back());
  for (const std::string& module : required_modules()) {
    CAPTURE(module);
    const auto m = ModuleVersion::parse(module);
    const auto hashes = recovery::hashes_of(recovery::read_tree(Root(bed.gomodcache), *m), *m);
    REQUIRE(hashes);
    CHECK(recovery::hash1(*hashes) == h1_of_tree(bed.tree(module), module));
    CHECK(recovery::hash1(*hashes) == h1_of(bed.zip(module)));
  }
}

TEST_CASE("a go.mod has the h1 that Go gives it", "[recovery]") {
  const TempDir dir;
  for (const std::string& text :
       {std::string(), std::string("module x.y/a\n"), std::string(9, '\0')}) {
    write_file(dir.path() / "go.mod", text);
    CHECK(recovery::hash_go_mod(text) == h1_of(dir.path() / "go.mod"));
  }
  CHECK(recovery::hash_go_mod("") == "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=");
}

TEST_CASE("an h1 is 47 characters, and nothing around them", "[recovery]") {
  const std::string h1 = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
  CHECK(recovery::is_h1(h1));
  for (const std::string& bad : {std::string(), h1 + "\n", " " + h1, h1.substr(1), h1.substr(0, 46),
                                 "h2" + h1.substr(2), h1.substr(0, 10) + "-" + h1.substr(11)}) {
    CAPTURE(bad);
    CHECK_FALSE(recovery::is_h1(bad));
  }
}

TEST_CASE("a lock that another process holds is waited for, and not for ever", "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  const auto m = ModuleVersion::parse("x.y/a@v1.0.0");
  const fs::path file = dir.path() / "cache/download/x.y/a/@v/v1.0.0.lock";
  { const recovery::VersionLock lock(cache, *m, std::chrono::milliseconds(0)); }
  CHECK(fs::is_regular_file(file));
  const int other = ::open(file.c_str(), O_RDWR | O_CLOEXEC);  // another open file: flock's other
  REQUIRE(::flock(other, LOCK_EX) == 0);
  CHECK_THROWS_AS(recovery::VersionLock(cache, *m, std::chrono::milliseconds(60)),
                  std::system_error);
  ::close(other);
  { const recovery::VersionLock lock(cache, *m, std::chrono::milliseconds(60)); }
  CHECK(fs::exists(file));
}

TEST_CASE("a lock that is no regular file can't be had", "[recovery]") {
  const auto m = ModuleVersion::parse("x.y/a@v1.0.0");
  for (const char* kind : {"dir", "dangling"}) {
    DYNAMIC_SECTION(kind) {
      const TempDir dir;
      const fs::path file = dir.path() / "cache/download/x.y/a/@v/v1.0.0.lock";
      write_file(file, "");
      damage(file, kind);
      const Root cache(dir.path());
      CHECK_THROWS_AS(recovery::VersionLock(cache, *m, std::chrono::milliseconds(0)),
                      std::system_error);
    }
  }
}

}  // namespace tests

// Links that anyone can plant: nothing outside the caches moves.

#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/hostile.hpp"

namespace tests {

TEST_CASE("a link in the cache that leads outside is replaced, and what it leads to is untouched",
          "[e2e][sample]") {
  struct Row {
    std::string name;
    std::function<void(const Bed&, const Victim&)> plant_it;
  };
  const std::vector<Row> rows = {
      {"a tree", [](const Bed& bed, const Victim& v) { plant(bed.tree(alpha), v.path / "tree"); }},
      {"a file of a tree",
       [](const Bed& bed, const Victim& v) {
         plant(bed.tree(alpha) / "extra.go", v.path / "passwd");
       }},
      {"a directory of a tree",
       [](const Bed& bed, const Victim& v) { plant(bed.tree(alpha) / "inner", v.path); }},
      {"a zip",
       [](const Bed& bed, const Victim& v) {
         remove_tree(bed.tree(alpha));
         plant(bed.zip(alpha), v.path / "@v/v1.1.0.zip");
       }},
      {"a go.mod", [](const Bed& bed,
                      const Victim& v) { plant(bed.download(alpha, ".mod"), v.path / "passwd"); }},
  };
  for (const Go& go : gos()) {
    for (const Row& row : rows) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        const Bed bed(go);
        const Victim victim(bed);
        row.plant_it(bed, victim);
        const Witness witness(bed);
        const Ran ran = bed.gomend(build);
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(victim.changes() == "");
        CHECK(witness.changes() == "");
        CHECK(difference(bed.pristine_modules(), bed.modules(),
                         {.ignore = {"cache/gomend", "*.lock",
                                     "cache/download/github.com/acme/alpha/@v/list"}}) == "");
      }
    }
  }
}

TEST_CASE("a part of the cache that someone keeps elsewhere by a link is left alone", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const Victim victim(bed);
      const fs::path versions = bed.zip(alpha).parent_path();
      remove_tree(bed.tree(alpha));
      SECTION("@v") {
        plant(versions, victim.path / "@v");
      }
      SECTION("above @v") {
        plant(versions.parent_path(), victim.path);
      }
      const Ran plain = bed.go(build);
      const Snapshot modules = bed.modules();
      const Ran ran = bed.gomend(build);
      INFO(ran.text());
      CHECK(ran.code() == plain.code());
      CHECK(go_words(ran.err) == go_words(plain.err));
      CHECK(difference(modules, bed.modules(), {.ignore = {"*.tmp"}, .inodes = true}) == "");
      CHECK(victim.changes() == "");
    }
  }
}

TEST_CASE("a link where gomend keeps its own things leads it nowhere", "[e2e]") {
  const Bed bed(gos().back());
  const Victim victim(bed);
  lose_a_file(bed);
  SECTION("cache/gomend") {
    plant(bed.gomodcache / "cache/gomend", victim.path);
  }
  SECTION("the quarantine") {
    fs::create_directories(bed.gomodcache / "cache/gomend");
    plant(bed.gomodcache / "cache/gomend/quarantine", victim.path);
  }
  const Ran plain = bed.go(build);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK((ran.code() == 0 || ran.code() == plain.code()));
  CHECK(go_words(ran.err) == go_words(plain.err));
  CHECK(victim.changes() == "");
}

TEST_CASE("a lock that is a link is moved aside, not written through", "[e2e]") {
  const Bed bed(gos().back(), {.modules = Modules::downloads});
  const Victim victim(bed);
  damage(bed.zip(alpha), "half");
  plant(bed.download(alpha, ".lock"), victim.path / "passwd");
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(victim.changes() == "");
}

}  // namespace tests

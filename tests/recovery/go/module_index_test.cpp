// go's index of a module's packages, as each Go writes it, against the tree that it is of.

#include "recovery/go/module_index.hpp"

#include "recovery/go/layout.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::IndexFit;
using recovery::Root;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::vector<std::string> alpha_files = {"LICENSE", "alpha.go",       "extra.go",
                                              "go.mod",  "inner/inner.go", "unused/unused.go"};

fs::path object_of(const Bed& bed, const std::string& module) {
  const std::string object = read_file(bed.index_entry(module)).substr(68, 64);
  return bed.gocache / object.substr(0, 2) / (object + "-d");
}

std::string entry_of(const Bed& bed) {
  return fs::relative(bed.index_entry(alpha), bed.gocache).string();
}

}  // namespace

TEST_CASE("an index names the files and directories of a module", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      REQUIRE(bed.go({"list", "-deps", "./..."}).code() == 0);
      const auto index = recovery::decode_module_index(read_file(object_of(bed, alpha)));
      REQUIRE(index);
      std::vector<std::string> names;
      for (const auto& file : index->files) {
        CHECK_FALSE(file.has_error);
        if (file.name.ends_with(".go")) names.push_back(file.name);
      }
      std::sort(names.begin(), names.end());
      CHECK(names ==
            std::vector<std::string>{"alpha.go", "extra.go", "inner/inner.go", "unused/unused.go"});
      CHECK_FALSE(index->has_error);
    }
  }
}

TEST_CASE("every index of every Go fits its tree", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      REQUIRE(bed.go({"list", "-deps", "./..."}).code() == 0);
      for (const std::string& module : required_modules()) {
        const fs::path entry = bed.index_entry(module);
        if (!fs::exists(entry)) continue;
        CAPTURE(module);
        std::vector<std::string> files;
        for (const auto& file : fs::recursive_directory_iterator(bed.tree(module))) {
          if (file.is_regular_file()) {
            files.push_back(fs::relative(file.path(), bed.tree(module)).string());
          }
        }
        CHECK(recovery::check_index(Root(bed.gocache), fs::relative(entry, bed.gocache), files) ==
              IndexFit::fits);
      }
    }
  }
}

TEST_CASE("an index that was made from a damaged tree is stale", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      damage(bed.tree(alpha) / "extra.go", "deleted");
      (void)bed.go({"list", "-deps", "./..."});
      const Root cache(bed.gocache);
      CHECK(recovery::check_index(cache, entry_of(bed), alpha_files) == IndexFit::stale);
      std::vector<std::string> fewer = alpha_files;
      std::erase(fewer, "extra.go");
      CHECK(recovery::check_index(cache, entry_of(bed), fewer) == IndexFit::fits);
      std::erase(fewer, "alpha.go");
      CHECK(recovery::check_index(cache, entry_of(bed), fewer) == IndexFit::stale);
    }
  }
}

TEST_CASE("an index remembers a file that could not be parsed", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      damage(bed.tree(alpha) / "extra.go", "emptied");
      (void)bed.go({"list", "-deps", "./..."});
      const IndexFit fit = recovery::check_index(Root(bed.gocache), entry_of(bed), alpha_files);
      CHECK(fit == IndexFit::errors);
      CHECK(recovery::is_cause(fit, true));
      CHECK_FALSE(recovery::is_cause(fit, false));
    }
  }
}

TEST_CASE("an index whose object is damaged is rotten, without one there is none", "[recovery]") {
  const Bed bed(gos().back());
  REQUIRE(bed.go({"list", "-deps", "./..."}).code() == 0);
  const Root cache(bed.gocache);
  CHECK(recovery::check_index(cache, entry_of(bed), alpha_files) == IndexFit::fits);
  damage(object_of(bed, alpha), "bitflip");
  CHECK(recovery::check_index(cache, entry_of(bed), alpha_files) == IndexFit::rotten);
  fs::remove(object_of(bed, alpha));
  CHECK(recovery::check_index(cache, entry_of(bed), alpha_files) == IndexFit::none);
  damage(bed.index_entry(alpha), "emptied");
  CHECK(recovery::check_index(cache, entry_of(bed), alpha_files) == IndexFit::none);
  CHECK(recovery::check_index(cache, "3f/3f00-a", alpha_files) == IndexFit::none);
}

TEST_CASE("what is no index is not decoded", "[recovery]") {
  for (const std::string& bytes : {std::string(), std::string("go index v2\n"),
                                   "go index v3\n" + std::string(100, '\0') + "\xff",
                                   "go index v2\n" + std::string(100, '\xff')}) {
    CHECK_FALSE(recovery::decode_module_index(bytes));
  }
}

}  // namespace tests

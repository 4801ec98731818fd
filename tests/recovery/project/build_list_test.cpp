// Which hashes count for a module version: go.sum's, and no others (issue 15.1, 15.13).
#include "recovery/project/build_list.hpp"

#include "recovery/go/sumdb_record.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::BuildList;
using recovery::Expected;
using recovery::ModuleVersion;

const std::string h1 = "h1:" + std::string(42, 'B') + "A=";
const std::string toolchain = "golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64";

struct Place {
  Place() {
    write_file(dir.path() / "go.sum", "x.y/a v1.0.0 " + h1 + "\nx.y/a v1.0.0/go.mod " + h1 + "\n" +
                                          "golang.org/toolchain v0.0.1-go1.99.0.linux-amd64 " + h1 +
                                          "\n");
    for (const char* name : {"x.y/a@v1.0.0", "x.y/b@v1.0.0"}) {
      const std::string path = std::string(name).substr(0, 5);
      write_file(dir.path() / "cache/download/sumdb/db.example/lookup" / name,
                 "1\n" + path + " v1.0.0 " + h1 + "\n" + path + " v1.0.0/go.mod " + h1 + "\n\n");
    }
    settings.sum_files = {(dir.path() / "go.sum").string()};
    settings.sumdb = "db.example+0123+key";
    settings.proxy = "https://p.example";
  }
  [[nodiscard]] Expected expected(const std::string& module,
                                  const std::string& refuted = "") const {
    const recovery::Root cache(dir.path());
    BuildList list(settings, cache, {});
    list.refute(refuted);
    return list.expected(*ModuleVersion::parse(module));
  }
  TempDir dir;
  recovery::Settings settings;
};

}  // namespace

TEST_CASE("a record of the checksum database in the cache is no expected hash", "[recovery]") {
  const Place place;
  CHECK(place.expected("x.y/a@v1.0.0").zip == std::set<std::string>{h1});
  CHECK(place.expected("x.y/b@v1.0.0").zip.empty());
  CHECK(place.expected("x.y/b@v1.0.0").by == Expected::By::nothing);
}

TEST_CASE("no go.sum counts for a toolchain", "[recovery]") {
  CHECK(Place().expected(toolchain).zip.empty());
}

TEST_CASE("a line of go.sum is refuted only where go asks the checksum database", "[recovery]") {
  Place place;
  CHECK(place.expected("x.y/a@v1.0.0", h1).zip.empty());
  SECTION("GOSUMDB=off") {
    place.settings.sumdb = "off";
  }
  SECTION("GONOSUMDB") {
    place.settings.no_sumdb = "x.y";
  }
  if (place.settings.sumdb == "off" || !place.settings.no_sumdb.empty())
    CHECK(place.expected("x.y/a@v1.0.0", h1).zip == std::set<std::string>{h1});
}

}  // namespace tests

// Replacements are fetched by go beside the cache, and nothing of the fetch stays.

#include "recovery/repair/stage.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Expected;
using recovery::ModuleVersion;
using recovery::Root;
using recovery::Stage;

const std::string alpha = "github.com/acme/alpha@v1.1.0";

recovery::Request request_in(const Bed& bed) {
  recovery::Request request;
  request.go = bed.toolchain.path;
  request.dir = bed.app;
  for (const auto& [name, value] : bed.env) request.env.push_back(name + "=" + value);
  return request;
}

struct Scene {
  explicit Scene(const Bed& bed) : request(request_in(bed)), cache(bed.gomodcache) {
    settings.go_path = bed.gopath;
  }
  recovery::Request request;
  recovery::Settings settings;
  Root cache;
};

Expected lines_of(const Bed& bed, const std::string& module) {
  Expected lines;
  lines.zip = {h1_of(bed.zip(module))};
  lines.go_mod = {h1_of(bed.download(module, ".mod"))};
  return lines;
}

}  // namespace

TEST_CASE("a fetch leaves the cache as it was, and then nothing", "[recovery]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const Scene scene(bed);
      const Snapshot before = snapshot(bed.root / "gopath");
      {
        Stage stage(scene.cache, scene.settings, scene.request);
        const auto m = ModuleVersion::parse(alpha);
        const auto fetched = stage.fetch(*m, lines_of(bed, alpha), "");
        CHECK(fetched.error == "");
        REQUIRE(fetched.ok);
        for (const char* extension : {".info", ".mod", ".zip", ".ziphash"}) {
          CHECK(read_file(bed.gomodcache / stage.file(*m, extension)) ==
                read_file(bed.download(alpha, extension)));
        }
        CHECK(difference(before, snapshot(bed.root / "gopath"),
                         {.ignore = {"pkg/mod/cache/gomend"}}) == "");
      }
      CHECK(difference(before, snapshot(bed.root / "gopath"), {.inodes = true}) == "");
    }
  }
}

TEST_CASE("bytes that go.sum does not want are not fetched", "[recovery]") {
  const Bed bed(gos().back());
  const Scene scene(bed);
  Stage stage(scene.cache, scene.settings, scene.request);
  Expected lines = lines_of(bed, alpha);
  lines.zip = {"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
  const auto fetched = stage.fetch(*ModuleVersion::parse(alpha), lines, "");
  CHECK_FALSE(fetched.ok);
  CHECK(fetched.error.find("checksum mismatch") != std::string::npos);
}

TEST_CASE("a module for a newer Go than the one that fetches is fetched all the same",
          "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "github.com/acme/future@v1.0.0/go.mod",
             "module github.com/acme/future\n\ngo 1.99\n");
  write_file(dir.path() / "github.com/acme/future@v1.0.0/future.go", "package future\n");
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      bed.proxy.serve_first({dir.path()});
      const Scene scene(bed);
      Stage stage(scene.cache, scene.settings, scene.request);
      const auto fetched =
          stage.fetch(*ModuleVersion::parse("github.com/acme/future@v1.0.0"), Expected(), "");
      INFO(fetched.error);
      CHECK(fetched.ok);
    }
  }
}

TEST_CASE("a stage of a gomend that was killed goes, one that lives stays", "[recovery]") {
  const Bed bed(gos().back());
  const Scene scene(bed);
  const fs::path own = bed.gomodcache / "cache/gomend";
  write_file(own / "stage-1-0/new-0/mod/x", "dead");
  fs::create_directories(own / "stage-2-0");
  const int alive = ::open((own / "stage-2-0").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(::flock(alive, LOCK_EX) == 0);
  const Stage stage(scene.cache, scene.settings, scene.request);
  CHECK_FALSE(fs::exists(own / "stage-1-0"));
  CHECK(fs::exists(own / "stage-2-0"));
  // And one of the same process does not take the other's place.
  const Stage second(scene.cache, scene.settings, scene.request);
  CHECK(stage.dir() != second.dir());
  ::close(alive);
}

}  // namespace tests

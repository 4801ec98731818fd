// The settings choose where modules may come from: they count only if root or the user wrote them,
// outside of the checkout.

#include "recovery/settings/config.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/bed/files.hpp"
#include "tests/bed/machine.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::vector<std::string> mirror = {"https://mirror.example"};

struct Place {
  [[nodiscard]] std::vector<std::string> fallback() const {
    return recovery::read_config({"HOME=" + home.string()}, main_module.string()).fallback;
  }
  void write(std::string_view text = "fallback = [\"https://mirror.example\"]\n") const {
    write_file(file, text);
    fs::permissions(file, fs::perms{0644});
  }

  TempDir dir;
  fs::path home = dir.path() / "home";
  fs::path file = home / ".config/gomend/config.toml";
  fs::path main_module = dir.path() / "app";
};

}  // namespace

TEST_CASE("settings count if root or the user wrote them, outside the main module", "[recovery]") {
  Place place;
  fs::create_directories(place.main_module);
  place.write();
  CHECK(place.fallback() == mirror);

  SECTION("others may write them") {
    fs::permissions(place.file, fs::perms{0664});
    CHECK(place.fallback().empty());
  }
  SECTION("somebody else wrote them") {
    if (::geteuid() != 0) return skip("needs root");
    REQUIRE(::chown(place.file.c_str(), 65534, 65534) == 0);
    CHECK(place.fallback().empty());
  }
  SECTION("they lie in the main module") {
    place.main_module = place.home;
    CHECK(place.fallback().empty());
  }
  SECTION("they lie in the main module, which is reached through a link") {
    place.main_module = place.dir.path() / "link";
    fs::create_directory_symlink(place.home, place.main_module);
    CHECK(place.fallback().empty());
  }
  SECTION("a link leads to what lies in the main module") {
    fs::rename(place.file, place.main_module / "config.toml");
    fs::create_symlink(place.main_module / "config.toml", place.file);
    CHECK(place.fallback().empty());
  }
  SECTION("a link of the user's leads to what he wrote elsewhere") {
    fs::rename(place.file, place.dir.path() / "dotfiles.toml");
    fs::create_symlink(place.dir.path() / "dotfiles.toml", place.file);
    CHECK(place.fallback() == mirror);
  }
  SECTION("they are torn") {
    place.write("fallback = [\"https://mirr");
    CHECK(place.fallback().empty());
  }
  SECTION("they are of another shape") {
    place.write("fallback = \"https://mirror.example\"\npublic = 7\nkeep = \"x\"\n");
    CHECK(place.fallback().empty());
  }
  SECTION("they are a pipe that nobody writes to") {
    fs::remove(place.file);
    REQUIRE(::mkfifo(place.file.c_str(), 0600) == 0);
    CHECK(place.fallback().empty());
  }
}

}  // namespace tests

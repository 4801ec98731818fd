// Version managers behind gomend, with stand-ins that do what goenv, asdf, mise and golang.org/dl
// do: their shim, or the version's own directory, is what gomend finds behind itself; whatever
// calls `go` again on the way ends at a real go, not in a circle; and what is broken in the cache
// is mended.

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

void write_program(const fs::path& path, const std::string& text) {
  write_file(path, text);
  fs::permissions(path, fs::perms(0755));
}

// Each puts itself below bed.home, and returns what it has on PATH.
struct Manager {
  std::string name;
  std::string (*make)(const Bed& bed);
  bool calls_again = false;  // its shim looks for `go` on PATH, and finds gomend first
};

void install_version(const Bed& bed, const fs::path& dir) {
  fs::create_directories(dir.parent_path());
  fs::create_directory_symlink(bed.toolchain.root(), dir);
}

// goenv's shim: a script that calls `goenv exec`, which puts the version's bin first and execs it.
std::string goenv(const Bed& bed) {
  const fs::path root = bed.home / ".goenv";
  install_version(bed, root / "versions/1.26");
  write_program(
      root / "bin/goenv",
      "#!/usr/bin/env bash\nset -e\nshift; PATH=" + (root / "versions/1.26/bin").string() +
          ":$PATH\nexec \"" + (root / "versions/1.26/bin").string() + "/$1\" \"${@:2}\"\n");
  write_program(root / "shims/go", "#!/usr/bin/env bash\nset -e\nprogram=${0##*/}\nexec '" +
                                       (root / "bin/goenv").string() +
                                       "' exec \"$program\" \"$@\"\n");
  return (root / "shims").string() + ":" + (root / "bin").string();
}

// With `goenv local system` it takes its own shims off PATH, and runs the first go that is left.
std::string goenv_system(const Bed& bed) {
  const fs::path root = bed.home / ".goenv";
  write_program(root / "shims/go", "#!/usr/bin/env bash\nPATH=${PATH//'" +
                                       (root / "shims").string() + "':/}\nexec go \"$@\"\n");
  return (root / "shims").string();
}

std::string asdf(const Bed& bed) {
  const fs::path root = bed.home / ".asdf";
  install_version(bed, root / "installs/golang/1.26/go");
  write_program(root / "bin/asdf", "#!/usr/bin/env bash\nshift\nexec \"" +
                                       (root / "installs/golang/1.26/go/bin").string() +
                                       "/$1\" \"${@:2}\"\n");
  write_program(root / "shims/go", "#!/usr/bin/env bash\n# asdf-plugin: golang 1.26\nexec " +
                                       (root / "bin/asdf").string() + " exec \"go\" \"$@\"\n");
  return (root / "shims").string();
}

// mise's shim: a link to mise itself, which goes by the name it was called by.
std::string mise_shims(const Bed& bed) {
  const fs::path root = bed.home / ".local/share/mise";
  install_version(bed, root / "installs/go/1.26");
  write_program(
      bed.home / ".local/bin/mise",
      "#!/bin/sh\nexec '" + (root / "installs/go/1.26/bin").string() + "'/\"${0##*/}\" \"$@\"\n");
  fs::create_directories(root / "shims");
  fs::create_symlink(bed.home / ".local/bin/mise", root / "shims/go");
  return (root / "shims").string();
}

// The same for a project that names no version: the first go on PATH that is none of its shims.
std::string mise_without_version(const Bed& bed) {
  const fs::path root = bed.home / ".local/share/mise";
  write_program(bed.home / ".local/bin/mise", "#!/usr/bin/env bash\nPATH=${PATH//'" +
                                                  (root / "shims").string() +
                                                  "':/} exec \"${0##*/}\" \"$@\"\n");
  fs::create_directories(root / "shims");
  fs::create_symlink(bed.home / ".local/bin/mise", root / "shims/go");
  return (root / "shims").string();
}

// `mise activate`: no shims, the version's own directory.
std::string mise_activated(const Bed& bed) {
  const fs::path root = bed.home / ".local/share/mise";
  install_version(bed, root / "installs/go/1.26");
  return (root / "installs/go/1.26/bin").string();
}

// golang.org/dl: a program of another name, which sets GOROOT and PATH for the go in ~/sdk.
std::string golang_dl(const Bed& bed) {
  install_version(bed, bed.home / "sdk/go1.26");
  write_program(bed.gopath / "bin/go1.26",
                "#!/bin/sh\nexport GOROOT=\"$HOME/sdk/go1.26\"\nexport "
                "PATH=$GOROOT/bin:$PATH\nexec \"$GOROOT/bin/go\" \"$@\"\n");
  return (bed.gopath / "bin").string() + ":" + (bed.home / "sdk/go1.26/bin").string();
}

const std::vector<Manager>& managers() {
  static const std::vector<Manager> all = {{"goenv", goenv},
                                           {"goenv, version system", goenv_system, true},
                                           {"asdf", asdf},
                                           {"mise, shims", mise_shims},
                                           {"mise, shims, no version", mise_without_version, true},
                                           {"mise, activated", mise_activated},
                                           {"golang.org/dl", golang_dl}};
  return all;
}

}  // namespace

TEST_CASE("version managers: gomend before them mends, and ends at a real go", "[e2e]") {
  for (const Manager& manager : managers()) {
    DYNAMIC_SECTION(manager.name) {
      Bed bed(gos().back());
      const std::string path = manager.make(bed);
      REQUIRE(bed.companion({"install", "--shell", "none"}).code() == 0);
      const std::string bin = (bed.home / ".local/share/gomend/bin").string();
      // A go that is in no place of the usual ones, and last on PATH.
      bed.env["PATH"] =
          bin + ":" + path + ":" + bed.toolchain.path.parent_path().string() + ":/usr/bin:/bin";
      const auto ask = [&](const Args& args) {
        return run(args, {.env = bed.env, .cwd = bed.app, .limit = std::chrono::seconds(60)});
      };
      const Ran version = ask({"go", "version"});
      INFO(version.text());
      CHECK(version.out.starts_with("go version " + bed.toolchain.version + " "));
      damage(bed.zip(alpha), "half");
      remove_tree(bed.tree(alpha));
      const Ran build = ask({"go", "build", "./..."});
      INFO(build.text());
      CHECK(build.code() == 0);
      CHECK(build.err.find("gomend: " + alpha) != std::string::npos);
      CHECK(!build.timed_out);
      CHECK(ask({"gomend", "status"}).code() == 0);
      // The other way round gomend is not reached, and says so.
      bed.env["PATH"] =
          path + ":" + bin + ":" + bed.toolchain.path.parent_path().string() + ":/usr/bin:/bin";
      CHECK(ask({"go", "version"}).out == version.out);
      const Ran status = ask({"gomend", "status", "--json"});
      CHECK(status.code() == 1);
      CHECK(json_of(status)["next"] == "export PATH=" + bin + ":$PATH");
    }
  }
}

TEST_CASE("version managers: what golang.org/dl installs is named for gomend by GOMEND_REAL_GO",
          "[e2e]") {
  Bed bed(gos().back());
  const fs::path named = bed.home / "sdk/go1.26/bin/go";
  write_program(named, "#!/bin/sh\necho >>\"$HOME/asked\"\nexec '" + bed.toolchain.path.string() +
                           "' \"$@\"\n");
  bed.env["GOMEND_REAL_GO"] = named.string();
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(fs::exists(bed.home / "asked"));
}

}  // namespace tests

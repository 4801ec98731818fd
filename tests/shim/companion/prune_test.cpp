// `gomend prune`: what the named projects need stays, and they build, vet and test without a
// network; all else goes; and where it can't be told what they need, nothing does.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "recovery/os/fd.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"
#include "tests/shim/companion/refusal.hpp"

namespace tests {
namespace {

const std::string lonely = "github.com/acme/lonely@v1.0.0";  // the project does not need it
const std::string old_alpha = "github.com/acme/alpha@v1.0.0";

// A second project, that needs an older version and nothing else.
fs::path second_project(const Bed& bed) {
  const fs::path dir = bed.root / "tmp/second";
  write_file(dir / "go.mod",
             "module example.com/second\n\ngo 1.17\n\nrequire github.com/acme/alpha v1.0.0\n");
  write_file(dir / "main.go",
             "package main\n\nimport \"github.com/acme/alpha\"\n\nfunc main() { "
             "println(alpha.Version) }\n");
  const Ran ran = bed.go({"mod", "tidy"}, {.cwd = dir});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  REQUIRE(bed.go({"build", "-o", "/dev/null", "./..."}, {.cwd = dir}).code() == 0);
  return dir;
}

void check_works_offline(const Bed& bed, const fs::path& dir, bool with_tests = false) {
  std::vector<Args> commands = {{"build", "-o", "/dev/null", "./..."}, {"vet", "./..."}};
  if (with_tests) commands.push_back({"test", "-run", "none", "./..."});
  for (const Args& args : commands) {
    const Ran ran = bed.go(args, {.env = {{"GOPROXY", "off"}}, .cwd = dir});
    INFO(dir.string() << ": go " << args[0] << "\n" << ran.text());
    CHECK(ran.code() == 0);
  }
}

bool is_about(const std::string& path, const std::vector<std::string>& modules) {
  return std::any_of(modules.begin(), modules.end(), [&](const std::string& module) {
    const std::size_t at = module.find('@');
    const std::string files = "cache/download/" + module.substr(0, at) + "/@v/";
    return path.starts_with(module) || (path.starts_with(files + module.substr(at + 1) + ".")) ||
           path == files + "list" || path.ends_with("/lookup/" + module);
  });
}

// All that was removed is of these modules, and no file of theirs is left (but what `but` names).
void check_gone(const Bed& bed, const Snapshot& before, const std::vector<std::string>& modules,
                const std::vector<std::string>& but = {}) {
  const Snapshot after = bed.modules();
  for (const auto& [path, entry] : before) {
    if (!after.contains(path) && entry.kind != 'd' && !path.ends_with(".lock")) {
      INFO("lost: " << path);
      CHECK(is_about(path, modules));
    }
  }
  for (const auto& [path, entry] : after) {
    const bool is_kept = std::any_of(but.begin(), but.end(),
                                     [&](const std::string& end) { return path.ends_with(end); });
    if (is_kept || path.ends_with("/list")) continue;
    INFO("left: " << path);
    CHECK(!is_about(path, modules));
  }
}

}  // namespace

TEST_CASE("prune leaves what the named projects need, and nothing else", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const fs::path second = second_project(bed);
      write_file(bed.gomodcache / "cache/download/sumdb/db.example/lookup" / lonely, "record");
      write_file(bed.gomodcache / "cache/download/sumdb/db.example/lookup" / old_alpha, "record");
      const Snapshot project = snapshot(bed.app);
      const Snapshot before = bed.modules();

      const Ran told = bed.companion({"prune", "--dry-run", "--json", ".", second.string()});
      INFO(told.text());
      REQUIRE(told.code() == 0);
      CHECK(difference(before, bed.modules(), {.inodes = true, .times = true}) == "");

      Ran ran = bed.companion({"prune", "--json", ".", second.string()});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      check_gone(bed, before, {lonely});
      CHECK(json_of(ran)["bytes"] == json_of(told)["bytes"]);
      CHECK(json_of(ran)["removed"].size() == 1);
      CHECK(!fs::exists(bed.gomodcache / "cache/download/github.com/acme/lonely"));
      CHECK(!fs::exists(bed.gomodcache / "cache/download/sumdb/db.example/lookup" / lonely));
      CHECK(fs::exists(bed.gomodcache / "cache/download/sumdb/db.example/lookup" / old_alpha));
      check_works_offline(bed, bed.app, true);
      check_works_offline(bed, second, true);

      // Nothing is left to do.
      const Snapshot once = bed.modules();
      ran = bed.companion({"prune", bed.app.string(), second.string()});
      CHECK(ran.out.starts_with("freed 0.0 MiB (0 bytes); 0 removed"));
      CHECK(difference(once, bed.modules(), {.ignore = {"*.lock"}}) == "");

      // One of them alone: the other's version goes, and what both need stays.
      REQUIRE(bed.companion({"prune", second.string()}).code() == 0);
      check_works_offline(bed, second);
      CHECK(!fs::exists(bed.tree("github.com/acme/alpha@v1.1.0")));
      CHECK(!fs::exists(bed.zip("github.com/acme/zeta@v1.0.0")));
      CHECK(!fs::exists(bed.gomodcache / "go.example.org"));
      CHECK(difference(project, snapshot(bed.app)) == "");
    }
  }
}

TEST_CASE("prune: of versions that the module graph only passes, the go.mods stay", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      // Before go 1.17 the whole graph is read for each build: acme/mid wants the older alpha.
      const fs::path files = bed.root / "tmp/files";
      write_file(files / "github.com/acme/mid@v1.0.0/go.mod",
                 "module github.com/acme/mid\n\ngo 1.16\n\nrequire github.com/acme/alpha v1.0.0\n");
      write_file(files / "github.com/acme/mid@v1.0.0/mid.go", "package mid\n");
      bed.proxy.serve_first({files});
      const fs::path dir = bed.root / "tmp/third";
      write_file(
          dir / "go.mod",
          "module example.com/third\n\ngo 1.16\n\nrequire (\n\tgithub.com/acme/mid v1.0.0\n\t"
          "github.com/acme/alpha v1.1.0\n)\n");
      write_file(dir / "a.go",
                 "package third\n\nimport (\n\t_ \"github.com/acme/alpha\"\n\t_ "
                 "\"github.com/acme/mid\"\n)\n");
      REQUIRE(bed.go({"mod", "tidy"}, {.cwd = dir}).code() == 0);
      REQUIRE(bed.go({"mod", "download", old_alpha}, {.cwd = bed.tmp}).code() == 0);
      REQUIRE(bed.go({"list", "-m", "all"}, {.cwd = dir}).code() == 0);
      const Ran ran = bed.companion({"prune", dir.string()});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      CHECK(fs::exists(bed.download(old_alpha, ".mod")));
      CHECK(!fs::exists(bed.zip(old_alpha)));
      CHECK(!fs::exists(bed.tree(old_alpha)));
      CHECK(read_file(bed.list(old_alpha)).find("v1.0.0\n") != std::string::npos);
      check_works_offline(bed, dir);
      for (const Args& args : {Args{"mod", "tidy"}, Args{"list", "-m", "all"}}) {
        const Ran offline = bed.go(args, {.env = {{"GOPROXY", "off"}}, .cwd = dir});
        INFO(offline.text());
        CHECK(offline.code() == 0);
      }
    }
  }
}

TEST_CASE("prune: a cache that only builds have filled, as in CI", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go, {.modules = Modules::empty});
      REQUIRE(bed.go({"test", "-run", "none", "./..."}).code() == 0);
      REQUIRE(bed.go({"mod", "download", lonely}, {.cwd = bed.tmp}).code() == 0);
      REQUIRE(!fs::exists(bed.download("github.com/acme/toolbox@v1.0.0", ".mod")));
      const Snapshot before = bed.modules();
      const Ran ran = bed.companion({"prune", "."});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      check_gone(bed, before, {lonely});
      check_works_offline(bed, bed.app);
    }
  }
}

TEST_CASE("prune: workspaces, replacements and vendor directories", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const fs::path second = second_project(bed);
      SECTION("a workspace is the build list of all its members") {
        write_file(bed.root / "tmp/work/go.work",
                   "go 1.18\n\nuse (\n\t" + bed.app.string() + "\n\t" + second.string() + "\n)\n");
        const Bed& in = bed;
        const RunOptions there{.env = {{"GOWORK", (bed.root / "tmp/work/go.work").string()}}};
        const Ran ran = in.companion({"prune", "."}, there);
        INFO(ran.text());
        REQUIRE(ran.code() == 0);
        CHECK(!fs::exists(bed.tree(lonely)));
        CHECK(!fs::exists(bed.tree(old_alpha)));  // the other member's is newer
        CHECK(fs::exists(bed.download(old_alpha, ".mod")));
        for (const fs::path& dir : {bed.app, second}) {
          RunOptions offline = there;
          offline.env["GOPROXY"] = "off";
          offline.cwd = dir;
          CHECK(bed.go({"vet", "./..."}, offline).code() == 0);
        }
      }
      SECTION("what replaces stays, what is replaced goes, a directory is nobody's business") {
        write_file(second / "lib/go.mod", "module github.com/acme/zeta\n\ngo 1.17\n");
        write_file(second / "go.mod",
                   read_file(second / "go.mod") +
                       "\nreplace github.com/acme/alpha => github.com/acme/alpha v1.1.0\n\nreplace "
                       "github.com/acme/zeta => ./lib\n");
        REQUIRE(bed.go({"mod", "tidy"}, {.cwd = second}).code() == 0);
        const Ran ran = bed.companion({"prune", second.string()});
        INFO(ran.text());
        REQUIRE(ran.code() == 0);
        CHECK(fs::exists(bed.tree("github.com/acme/alpha@v1.1.0")));
        CHECK(!fs::exists(bed.tree(old_alpha)));
        CHECK(!fs::exists(bed.tree("github.com/acme/zeta@v1.0.0")));
        CHECK(fs::exists(second / "lib/go.mod"));
        check_works_offline(bed, second);
      }
      SECTION("a project with a vendor directory needs nothing of the cache") {
        REQUIRE(bed.go({"mod", "vendor"}, {.cwd = second}).code() == 0);
        REQUIRE(bed.companion({"prune", second.string()}).code() == 0);
        CHECK(!fs::exists(bed.gomodcache / "github.com"));
        check_works_offline(bed, second);
      }
    }
  }
}

TEST_CASE("prune: where it can't be told what is needed, nothing is removed", "[e2e]") {
  const Bed bed(gos().back());
  const fs::path second = second_project(bed);
  const std::string go_mod = read_file(bed.app / "go.mod");
  const auto refuses = [&](const Args& args) {
    const Snapshot before = bed.modules();
    check_refused(bed, {"prune"}, args);
    CHECK(difference(before, bed.modules(), {.inodes = true}) == "");
  };
  refuses({});
  refuses({second.string(), "nosuch\ndir"});
  refuses({second.string(), "main.go"});
  refuses({second.string(), bed.tmp.string()});
  refuses({"--build-cache", "soon", second.string()});
  write_file(bed.app / "go.mod", "module (\n");
  refuses({second.string(), "."});
  fs::remove(bed.app / "go.mod");
  REQUIRE(::mkfifo((bed.app / "go.mod").c_str(), 0666) == 0);
  refuses({second.string(), "."});
  fs::remove(bed.app / "go.mod");
  write_file(bed.app / "go.mod", go_mod + "\nrequire github.com/acme/absent v1.0.0\n");
  refuses({second.string(), "."});
  write_file(bed.app / "go.mod", go_mod);
  fs::remove(bed.download("github.com/acme/zeta@v1.0.0", ".mod"));
  refuses({second.string(), "."});
}

TEST_CASE("prune: what is locked is left, what links lead to is not touched", "[e2e]") {
  const Bed bed(gos().back());
  {
    const recovery::Fd lock(::open(bed.download(lonely, ".lock").c_str(), O_RDWR | O_CREAT, 0666));
    REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
    const Snapshot before = bed.modules();
    const Ran ran = bed.companion({"prune", "."});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(ran.out.find("not removed: " + lonely + ": locked by another go command\n") !=
          std::string::npos);
    CHECK(difference(before, bed.modules()) == "");
  }
  // Somebody waits with the file open: it stays a file that he and others lock.
  const recovery::Fd waiting(::open(bed.download(lonely, ".lock").c_str(), O_RDWR));
  const fs::path outside = bed.root / "tmp/outside";
  write_file(outside / "evil@v1.0.0/a.go", "package evil\n");
  write_file(outside / "@v/v1.0.0.zip", "zip");
  fs::create_directory_symlink(outside, bed.gomodcache / "github.com/linked");
  fs::create_directory_symlink(outside, bed.gomodcache / "cache/download/github.com/linked");
  fs::create_directory_symlink(outside / "evil@v1.0.0", bed.gomodcache / "github.com/evil@v1.0.0");
  const Snapshot before = snapshot(outside);
  const Ran ran = bed.companion({"prune", "."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(!fs::exists(bed.tree(lonely)));
  CHECK(!fs::exists(bed.zip(lonely)));
  CHECK(fs::exists(bed.download(lonely, ".lock")));
  CHECK(!fs::is_symlink(fs::symlink_status(bed.gomodcache / "github.com/evil@v1.0.0")));
  CHECK(difference(before, snapshot(outside), {.inodes = true, .times = true}) == "");
}

TEST_CASE("prune: clones that serve a needed module stay", "[e2e]") {
  const Bed bed(gos().back());
  const fs::path clones = bed.gomodcache / "cache/vcs";
  const std::string needed(64, 'a'), other(64, 'b');
  for (const std::string& hash : {needed, other}) {
    write_file(clones / hash / "HEAD", "ref: refs/heads/main\n");
    write_file(clones / (hash + ".lock"), "");
  }
  write_file(clones / (needed + ".info"), "git3:https://github.com/acme/alpha");
  write_file(clones / (other + ".info"), "git3:https://github.com/acme/lonely");
  const Ran ran = bed.companion({"prune", "--json", "."});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  CHECK(fs::exists(clones / needed / "HEAD"));
  CHECK(fs::exists(clones / (needed + ".info")));
  CHECK(!fs::exists(clones / other));
  CHECK(!fs::exists(clones / (other + ".info")));
  CHECK(json_of(ran)["removed"].size() == 2);
}

TEST_CASE("prune: builds of the project go on meanwhile", "[e2e]") {
  const Bed bed(gos().back());
  std::atomic<bool> is_done = false;
  int failed = 0, builds = 0;
  std::jthread builder([&] {
    while (!is_done) {
      const Ran ran = bed.go({"list", "-deps", "-test", "./..."}, {.env = {{"GOPROXY", "off"}}});
      failed += ran.code() != 0;
      ++builds;
    }
  });
  for (int i = 0; i < 5; ++i) {
    CHECK(bed.go({"mod", "download", lonely, old_alpha}, {.cwd = bed.tmp}).code() == 0);
    CHECK(bed.companion({"prune", "."}).code() == 0);
    CHECK(!fs::exists(bed.tree(lonely)));
  }
  is_done = true;
  builder.join();
  CHECK(failed == 0);
  CHECK(builds > 1);
}

TEST_CASE("prune --build-cache: entries that nobody has used for so long, and no other", "[e2e]") {
  const Bed bed(gos().back(), {.builds = Builds::empty});
  REQUIRE(bed.go({"build", "./pkg/calc"}).code() == 0);
  const std::string old_name(62, 'a'), new_name(62, 'b');
  const auto make = [&](const std::string& name, int days) {
    write_file(bed.gocache / "3f" / name, "0123456789");
    const timespec then{std::time(nullptr) - days * 86400L, 0};
    const timespec times[2] = {then, then};
    REQUIRE(::utimensat(AT_FDCWD, (bed.gocache / "3f" / name).c_str(), times, 0) == 0);
  };
  make("3f" + old_name + "-a", 9);
  make("3f" + old_name + "-d", 9);
  make("3f" + new_name + "-a", 6);
  make("README", 900);
  const Ran ran = bed.companion({"prune", "--build-cache", "7", "--json", "."});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  CHECK(json_of(ran)["removed"].elements().back()["bytes"] == 20);
  CHECK(!fs::exists(bed.gocache / "3f" / ("3f" + old_name + "-a")));
  CHECK(!fs::exists(bed.gocache / "3f" / ("3f" + old_name + "-d")));
  CHECK(fs::exists(bed.gocache / "3f" / ("3f" + new_name + "-a")));
  CHECK(fs::exists(bed.gocache / "3f/README"));
  CHECK(bed.go({"build", "./pkg/calc"}).code() == 0);
}

}  // namespace tests

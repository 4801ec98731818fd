// What is replaced is kept for a while, and comes back as it was.

#include "recovery/repair/quarantine.hpp"

#include <sys/stat.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <thread>

#include "tests/bed/damage.hpp"
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

const Compare less_own{.ignore = {"cache/gomend", "*.lock"}};

// The id of a quarantine that is filled so, and closed.
template <class Fill>
std::string id_after(const Root& cache, const Fill& fill) {
  Quarantine quarantine(cache);
  fill(quarantine);
  return quarantine.id();
}

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

  const auto files = recovery::restore(cache, id).files;
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
  const std::string id = id_after(cache, [&](Quarantine& quarantine) { quarantine.take("x.y"); });
  write_file(dir.path() / "x.y/a@v1.0.0/a.go", "package a");
  recovery::restore(cache, id);
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

TEST_CASE("what was kept goes when it is too old or too much, the oldest first, not the newest",
          "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  const std::time_t now = std::time(nullptr);
  const auto id_of = [&](std::time_t days) {
    const std::time_t then = now - days * 24 * 3600;
    std::tm parts = {};
    ::gmtime_r(&then, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ-1", &parts);
    return std::string(text);
  };
  using Ids = std::vector<std::string>;
  struct Row {
    std::string name;
    recovery::Keep keep;
    std::vector<std::time_t> there, stay;  // days
  };
  const Row rows[] = {
      {"two weeks", {}, {16, 15, 13, 12}, {13, 12}},
      {"a month", {.days = 30}, {40, 29, 15}, {29, 15}},
      {"no days: the newest alone", {.days = 0}, {3, 2, 1}, {1}},
      {"too much", {.bytes = 25'000}, {3, 2, 1}, {2, 1}},
      {"the newest alone is too much", {.bytes = 5'000}, {3, 2, 1}, {1}},
      {"young enough, small enough", {}, {3, 2, 1}, {3, 2, 1}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    remove_tree(dir.path() / "cache");
    Ids stay;
    for (const std::time_t days : row.there) {
      const fs::path kept = dir.path() / "cache/gomend/quarantine" / id_of(days);
      write_file(kept / tree / "a.go", std::string(10'000, 'a'));
      fs::permissions(kept / tree, fs::perms{0555});
      write_file(kept.string() + ".sha256", "");
    }
    for (const std::time_t days : row.stay) stay.push_back(id_of(days));
    { const Quarantine quarantine(cache, row.keep); }
    CHECK(recovery::quarantines(cache) == stay);
    CHECK(cache.list("cache/gomend/quarantine")->size() == 2 * stay.size());
  }
}

TEST_CASE("where nothing is to be kept, it is gone with the repair", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  {
    Quarantine quarantine(cache, {.at_all = false});
    quarantine.keep(zip);
    quarantine.take(tree + "/foreign");
    CHECK(quarantine.id() == "");
    CHECK(recovery::quarantines(cache).size() == 1);  // as long as it takes
  }
  CHECK(recovery::quarantines(cache).empty());
}

TEST_CASE("what is kept can be told from what is worth an archive", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  Quarantine(cache).keep(zip);
  CHECK(read_file(dir.path() / "cache/gomend/CACHEDIR.TAG")
            .starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
}

TEST_CASE("what was kept and has changed since is not restored", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  const std::string id = id_after(cache, [&](Quarantine& quarantine) {
    quarantine.keep(zip);
    quarantine.take(tree + "/foreign");
  });
  const fs::path kept = dir.path() / "cache/gomend/quarantine" / id;
  CHECK(read_file(kept.string() + ".sha256") == sha256("damaged") + "  " + zip + "\n" +
                                                    sha256("package b") + "  " + tree +
                                                    "/foreign/inner/b.go\n");
  remove_tree(dir.path() / zip);
  write_file(dir.path() / zip, "good");
  const Snapshot before = snapshot(dir.path());
  damage(kept / tree / "foreign/inner/b.go", "edited");
  CHECK_THROWS_WITH(
      recovery::restore(cache, id),
      "what is kept of '" + tree + "/foreign/inner/b.go' has changed since; nothing is restored");
  CHECK(difference(before, snapshot(dir.path()), {.ignore = {"cache/gomend", "*.lock"}}) == "");
}

TEST_CASE("a restore waits for whoever works on the module", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  const std::string id = id_after(cache, [&](Quarantine& quarantine) { quarantine.take(zip); });
  auto lock = std::make_unique<FileLock>(dir.path() / "cache/download/x.y/a/@v/v1.0.0.lock");
  std::atomic<bool> is_restored = false;
  std::thread other([&] {
    recovery::restore(cache, id);
    is_restored = true;
  });
  // It has the lock's file open, and can't have the lock.
  const auto is_waiting = [&] {
    int open = 0;
    for (const auto& fd : fs::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      open += fs::read_symlink(fd, error).string().ends_with("/v1.0.0.lock") ? 1 : 0;
    }
    return open == 2;
  };
  while (!is_waiting()) std::this_thread::yield();
  CHECK(!is_restored);
  CHECK(!fs::exists(dir.path() / zip));
  lock.reset();
  other.join();
  CHECK(read_file(dir.path() / zip) == "damaged");
}

TEST_CASE("how much is kept: the settings, else what suits the place", "[recovery]") {
  using recovery::KeepSetting;
  struct Row {
    std::string name;
    KeepSetting files;
    std::vector<std::string> env;
    bool is_layer;
    bool at_all;
  };
  const Row rows[] = {
      {"nothing said", {}, {"HOME=/h"}, false, true},
      {"CI", {}, {"CI=true"}, false, false},
      {"CI=1", {}, {"CI=1"}, false, false},
      {"no CI", {}, {"CI=false"}, false, true},
      {"an image's layer", {}, {}, true, false},
      {"CI, but asked for", {true, {}, {}}, {"CI=true"}, false, true},
      {"CI, but asked for in the environment", {}, {"CI=true", "GOMEND_KEEP=on"}, false, true},
      {"a layer, but asked for", {}, {"GOMEND_KEEP=on"}, true, true},
      {"the environment over the file", {true, {}, {}}, {"GOMEND_KEEP=off"}, false, false},
      {"neither on nor off", {}, {"GOMEND_KEEP=perhaps"}, false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(recovery::keep_for(recovery::keep_setting(row.files, row.env), row.env, row.is_layer)
              .at_all == row.at_all);
  }
  const auto days_and_bytes = [](const std::vector<std::string>& env) {
    const auto keep = recovery::keep_for(recovery::keep_setting({{}, 5, 6}, env), env, false);
    return std::pair(keep.days, keep.bytes);
  };
  CHECK(days_and_bytes({}) == std::pair(5, std::uint64_t{6} << 20));
  CHECK(days_and_bytes({"GOMEND_KEEP_DAYS=7", "GOMEND_KEEP_MIB=8"}) ==
        std::pair(7, std::uint64_t{8} << 20));
  CHECK(days_and_bytes({"GOMEND_KEEP_DAYS=-1", "GOMEND_KEEP_MIB=1e9"}) ==
        std::pair(5, std::uint64_t{6} << 20));
}

TEST_CASE("nothing is made before something is kept", "[recovery]") {
  const TempDir dir;
  const Root cache(dir.path());
  const Quarantine quarantine(cache);
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a file that was added to a quarantine stays out of the cache (issue 15.12)",
          "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  write_file(dir.path() / tree / "odd\\name\nof two lines", "odd");
  const Root cache(dir.path());
  const std::string id = id_after(cache, [&](Quarantine& quarantine) {
    quarantine.take(tree + "/link");
    quarantine.take(tree + "/odd\\name\nof two lines");
  });
  const fs::path kept = dir.path() / "cache/gomend/quarantine" / id;
  write_file(kept / "x.y/b@v1.0.0/evil.go", "package evil");
  fs::create_symlink("/etc", kept / "x.y/a@v1.0.0/planted");
  const recovery::Restored restored = recovery::restore(cache, id);
  CHECK(restored.files ==
        std::vector<std::string>{tree + "/link", tree + "/odd\\name\nof two lines"});
  CHECK(restored.left == std::vector<std::string>{tree + "/planted", "x.y/b@v1.0.0/evil.go"});
  CHECK_FALSE(fs::exists(dir.path() / "x.y/b@v1.0.0"));
  CHECK_FALSE(fs::is_symlink(dir.path() / tree / "planted"));
  CHECK(fs::exists(kept / "x.y/b@v1.0.0/evil.go"));
  CHECK_THROWS(recovery::restore(cache, id));
}

TEST_CASE("a link that was changed in quarantine is not restored", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  const std::string id =
      id_after(cache, [&](Quarantine& quarantine) { quarantine.take(tree + "/link"); });
  const fs::path link = dir.path() / "cache/gomend/quarantine" / id / tree / "link";
  const Writable writable(link.parent_path());
  fs::remove(link);
  fs::create_symlink("/etc/passwd", link);
  CHECK_THROWS(recovery::restore(cache, id));
  CHECK_FALSE(fs::is_symlink(dir.path() / tree / "link"));
}

TEST_CASE("a quarantine that is empty, or a link, restores nothing and is not forgotten",
          "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  const Root cache(dir.path());
  const std::string id =
      id_after(cache, [&](Quarantine& quarantine) { quarantine.take(tree + "/link"); });
  const fs::path base = dir.path() / "cache/gomend/quarantine";
  fs::rename(base / id, dir.path() / "elsewhere");
  fs::create_symlink("../../../elsewhere", base / id);
  CHECK_THROWS(recovery::restore(cache, id));
  fs::remove(base / id);
  fs::create_directory(base / id);
  CHECK_THROWS(recovery::restore(cache, id));
  fs::remove(base / id);
  fs::rename(dir.path() / "elsewhere", base / id);
  CHECK(recovery::restore(cache, id).files == std::vector<std::string>{tree + "/link"});
}

}  // namespace tests

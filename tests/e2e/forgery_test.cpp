// Issue 15.1: what was planted in the cache, beside a fault or alone, while the source serves other
// bytes than were published. Nothing wrong comes in, nothing sound goes out: what go.sum or the
// checksum database tells apart, stays apart.

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const Args build = {"build", "./..."};

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string h1_of_zip(const fs::path& zip) {
  try {
    return fs::is_regular_file(zip) ? h1_of(zip) : "none";
  } catch (const std::exception&) {
    return "torn";
  }
}

// A full cache; a checksum database that has what was published; a source that serves another
// alpha.
class Scene {
 public:
  Scene(bool has_go_sum, bool has_database)
      : bed(gos().back()), database(published_.sumdb()), right(h1_of(bed.zip(alpha))) {
    if (has_database) bed.env["GOSUMDB"] = database.with_url();
    if (!has_go_sum) {
      bed.env["GOFLAGS"] = "-mod=mod";
      fs::remove(bed.app / "go.sum");
      if (bed.go({"mod", "download"}).code() != 0) throw std::runtime_error("no go.sum");
      fs::remove(bed.app / "go.sum");
    }
    copy_tree(bed.tree(alpha), evil / alpha);
    fs::permissions(evil / alpha, fs::perms::owner_all);
    write_file(evil / alpha / "evil.go", "package alpha\n\nfunc init() { println(\"evil\") }\n");
    wrong = h1_of_tree(evil / alpha, alpha);
    right_mod = h1_of(bed.download(alpha, ".mod"));
  }

  void serve_evil() const { bed.proxy.serve_first({evil}); }

  [[nodiscard]] fs::path lookup() const {
    return bed.gomodcache / "cache/download/sumdb" / database.name() / "lookup" / alpha;
  }

  // The signed tree stays; the hash is another.
  void forge_lookup() const {
    const std::string path = alpha.substr(0, alpha.find('@'));
    const std::string version = alpha.substr(alpha.find('@') + 1);
    std::string text = "7\n" + path + " " + version + " " + right + "\n" + path + " " + version +
                       "/go.mod " + right_mod + "\n\ngo.sum database tree\n8\n" +
                       std::string(43, 'A') + "=\n\n\xe2\x80\x94 " + database.name() +
                       " AAAAAAAA\n";
    if (fs::exists(lookup())) text = read_file(lookup());
    write_file(lookup(), with(text, right, wrong));
  }

  // Neither the zip nor the tree has become what go.sum or the database never had, and what was
  // right still is.
  void check_nothing_wrong(const std::string& zip_before, const std::string& tree_before) const {
    const std::string zip = h1_of_zip(bed.zip(alpha));
    CHECK((zip == right || zip == zip_before));
    const std::string tree = tree_h1();
    CHECK((tree == right || tree == tree_before));
    CHECK(fs::exists(bed.tree(alpha) / "evil.go") == false);
  }

  [[nodiscard]] std::string tree_h1() const {
    return fs::is_directory(bed.tree(alpha)) ? h1_of_tree(bed.tree(alpha), alpha) : "none";
  }

  Bed bed;

 private:
  Source published_;

 public:
  Sumdb database;
  std::string right, wrong, right_mod;
  fs::path evil = bed.root / "home/evil";
};

void remove_file(const fs::path& tree, const char* name) {
  fs::permissions(tree, fs::perms::owner_all);
  fs::remove(tree / name);
}

using Act = std::function<void(const Scene&)>;

const std::vector<std::pair<const char*, Act>> forgeries = {
    {"nothing", [](const Scene&) {}},
    {"lookup", [](const Scene& s) { s.forge_lookup(); }},
    {"ziphash", [](const Scene& s) { write_file(s.bed.download(alpha, ".ziphash"), s.wrong); }},
    {"lookup and ziphash",
     [](const Scene& s) {
       s.forge_lookup();
       write_file(s.bed.download(alpha, ".ziphash"), s.wrong);
     }},
};

// With less harm, or none that go.sum would see: each beside one fault is enough.
const std::vector<std::pair<const char*, Act>> small_forgeries = {
    {"go.mod",
     [](const Scene& s) {
       write_file(s.bed.download(alpha, ".mod"),
                  "module github.com/acme/alpha\n\ngo 1.17\n\nrequire evil.example/x v1.0.0\n");
     }},
    {".info",
     [](const Scene& s) { write_file(s.bed.download(alpha, ".info"), R"({"Version":"v9.9.9"})"); }},
    {"list", [](const Scene& s) { write_file(s.bed.list(alpha), "v1.1.0\n../../evil\n"); }},
    {"tile",
     [](const Scene& s) {
       const fs::path tiles =
           s.bed.gomodcache / "cache/download/sumdb" / s.database.name() / "tile";
       if (!fs::exists(tiles)) return;
       for (const auto& entry : fs::recursive_directory_iterator(tiles)) {
         if (entry.is_regular_file()) damage(entry.path(), "bitflip");
       }
     }},
};

const std::vector<std::pair<const char*, Act>> faults = {
    {"nothing", [](const Scene&) {}},
    {"torn zip", [](const Scene& s) { damage(s.bed.zip(alpha), "half"); }},
    {"torn zip, no tree",
     [](const Scene& s) {
       damage(s.bed.zip(alpha), "half");
       remove_tree(s.bed.tree(alpha));
     }},
    {"tree lost a file", [](const Scene& s) { remove_file(s.bed.tree(alpha), "extra.go"); }},
    {"no ziphash", [](const Scene& s) { fs::remove(s.bed.download(alpha, ".ziphash")); }},
    {"torn go.mod", [](const Scene& s) { damage(s.bed.download(alpha, ".mod"), "half"); }},
};

void try_all(bool has_go_sum, bool has_database, bool is_evil) {
  Scene scene(has_go_sum, has_database);
  if (is_evil) scene.serve_evil();
  const fs::path saved = scene.bed.root / "home/saved";
  copy_tree(scene.bed.gomodcache, saved);
  std::vector<std::pair<const char*, Act>> all = forgeries;
  all.insert(all.end(), small_forgeries.begin(), small_forgeries.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [forgery, forge] = all[i];
    for (const auto& [fault, harm] : faults) {
      const bool is_small = i >= forgeries.size();
      if (is_small && std::string_view(fault) != "tree lost a file") continue;
      INFO("forged: " << forgery << ", fault: " << fault << ", go.sum: " << has_go_sum
                      << ", database: " << has_database << ", evil source: " << is_evil);
      remove_tree(scene.bed.gomodcache);
      copy_tree(saved, scene.bed.gomodcache);
      if (!has_go_sum) fs::remove(scene.bed.app / "go.sum");
      forge(scene);
      harm(scene);
      const std::string zip = h1_of_zip(scene.bed.zip(alpha)), tree = scene.tree_h1();
      const Ran ran = scene.bed.gomend(build);
      INFO(ran.text());
      scene.check_nothing_wrong(zip, tree);
      if (ran.code() == 0) CHECK(h1_of(scene.bed.download(alpha, ".mod")) == scene.right_mod);
      // On an empty cache an honest source would do; but that go itself stops at a lookup that
      // nothing calls damaged.
      if (!is_evil) CHECK(ran.code() == 0);
    }
  }
}

}  // namespace

TEST_CASE("forged and damaged, while a source serves other bytes: they stay out", "[e2e]") {
  SECTION("go.sum tells") {
    try_all(true, false, true);
  }
  SECTION("the database tells") {
    try_all(false, true, true);
  }
}

TEST_CASE("forged and damaged, while the source is honest: as on an empty cache", "[e2e]") {
  SECTION("go.sum tells") {
    try_all(true, false, false);
  }
  SECTION("the database tells") {
    try_all(false, true, false);
  }
}

TEST_CASE("a forged lookup beside a sound zip, ziphash and tree changes none of them", "[e2e]") {
  const Scene scene(false, true);
  scene.serve_evil();
  scene.forge_lookup();
  const Snapshot before = snapshot(scene.bed.tree(alpha));
  const std::string zip = read_file(scene.bed.zip(alpha));
  const Ran ran = scene.bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.err.find(alpha + ": the cached zip") == std::string::npos);
  CHECK(difference(before, snapshot(scene.bed.tree(alpha)), {.inodes = true}) == "");
  CHECK(read_file(scene.bed.zip(alpha)) == zip);
  CHECK(read_file(scene.bed.download(alpha, ".ziphash")) == scene.right);
}

TEST_CASE("the database is away, and only a zip and its ziphash agree: the tree stays as it is",
          "[e2e]") {
  const Scene scene(false, true);
  rezip(scene.bed.zip(alpha), "edited");
  write_file(scene.bed.download(alpha, ".ziphash"), h1_of(scene.bed.zip(alpha)));
  remove_tree(scene.bed.gomodcache / "cache/download/sumdb");
  remove_file(scene.bed.tree(alpha), "extra.go");
  scene.database.fault({.kind = "reset"});
  const Snapshot before = snapshot(scene.bed.tree(alpha));
  const Ran ran = scene.bed.companion({"verify", "--repair", alpha});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(difference(before, snapshot(scene.bed.tree(alpha)), {.inodes = true}) == "");
  scene.database.clear();
  const Ran again = scene.bed.companion({"verify", "--repair", alpha});
  INFO(again.text());
  CHECK(again.code() == 0);
  CHECK(scene.tree_h1() == scene.right);
  CHECK(h1_of(scene.bed.zip(alpha)) == scene.right);
}

TEST_CASE("a forged answer is told by verify, and gone after --repair", "[e2e]") {
  const Scene scene(false, true);
  REQUIRE(scene.bed.companion({"verify", "--all"}).code() == 0);
  const std::string right = read_file(scene.lookup());
  write_file(scene.lookup(), with(right, "\n\n\xe2\x80\x94 ", "\nx\n\n\xe2\x80\x94 "));
  const Ran told = scene.bed.companion({"verify", "--all"});
  INFO(told.text());
  CHECK(told.code() == 1);
  CHECK(told.out.find("1 cached answer is corrupt") != std::string::npos);
  CHECK(scene.bed.companion({"verify", "--all", "--repair"}).code() == 0);
  CHECK(!fs::exists(scene.lookup()));
  CHECK(scene.bed.go(build).code() == 0);
}

TEST_CASE("a zip and a ziphash that agree, both wrong: the database has the last word", "[e2e]") {
  const Scene scene(false, true);
  const Scene other(true, false);
  // What the evil source would give, taken in while nothing was checked.
  other.serve_evil();
  fs::remove(scene.bed.zip(alpha));
  Bed& bed = const_cast<Bed&>(scene.bed);
  const auto env = bed.env;
  bed.env["GOSUMDB"] = "off";
  bed.env["GOPROXY"] = other.bed.proxy.url();
  remove_tree(bed.tree(alpha));
  fs::remove(bed.download(alpha, ".ziphash"));
  REQUIRE(bed.go(build).code() == 0);
  REQUIRE(h1_of(bed.zip(alpha)) == scene.wrong);
  fs::remove(bed.app / "go.sum");
  bed.env = env;
  REQUIRE(bed.go(build).code() != 0);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(h1_of(bed.zip(alpha)) == scene.right);
  CHECK(scene.tree_h1() == scene.right);
}

}  // namespace tests

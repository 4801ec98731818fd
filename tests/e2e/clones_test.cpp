// Clones in cache/vcs (GOPROXY=direct), each damaged in one way, and nothing else in the module
// cache: `go build` through gomend, once. Plain go comes first: is it stuck?

#include <sys/file.h>

#include <cstdlib>
#include <functional>
#include <set>

#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// A repository of one module with the versions v1.0.0 and v1.1.0.
struct Origin {
  std::string path;  // of the module
  std::string url;   // of the repository
  std::string kind;  // as go writes it in front of the URL
  std::function<void(const Bed&, const Origin&)> publish;
  std::function<bool(const fs::path&)> is_sound;  // a clone, says its program
  // A revision that go's clone of the two has not.
  std::function<std::string(const Bed&, const Origin&)> another;

  [[nodiscard]] std::string key() const { return kind + ":" + url; }
  [[nodiscard]] std::string table() const {
    return kind == "git3" ? "table 4 (clones)" : "table 4 (clones of hg)";
  }
};

std::string text_of(const std::string& word) {
  return "package direct\n\nconst Word = \"" + word + "\"\n";
}

std::string ran_well(const Args& argv, const RunOptions& options) {
  const Ran ran = run(argv, options);
  if (ran.code() != 0) throw std::runtime_error(ran.text());
  return ran.out;
}

std::map<std::string, std::string> files(const Origin& origin, const std::string& word) {
  return {{"go.mod", "module " + origin.path + "\n"}, {"direct.go", text_of(word)}};
}

void publish_by_git(const Bed& bed, const Origin& origin) {
  write_file(bed.home / ".gitconfig",
             "[url \"" + modserver_url() + "/git/\"]\n\tinsteadOf = https://\n");
  commit_to_git(origin.path, files(origin, "one"), "v1.0.0");
  commit_to_git(origin.path, files(origin, "two"), "v1.1.0");
}

bool is_sound_by_git(const fs::path& clone) {
  return run({"/usr/bin/git", "--git-dir=" + clone.string(), "fsck", "--full"}, {.cwd = "/"})
             .code() == 0;
}

// Its clone is shallow: the last commit alone.
std::string past_of_git(const Bed&, const Origin& origin) {
  const std::string dir = (git_root() / (origin.path + ".git")).string();
  const std::string out =
      ran_well({"/usr/bin/git", "--git-dir=" + dir, "rev-parse", "v1.0.0^{commit}"}, {.cwd = "/"});
  return out.substr(0, out.find('\n'));
}

const Origin& git() {
  static const Origin origin{"github.com/acme/direct",
                             "https://github.com/acme/direct",
                             "git3",
                             publish_by_git,
                             is_sound_by_git,
                             past_of_git};
  return origin;
}

fs::path hg_repositories(const Bed& bed) {
  return bed.home / "hg-repositories";
}

fs::path hg_repository(const Bed& bed, const Origin& origin) {
  return hg_repositories(bed) / origin.url.substr(std::string("https://").size());
}

std::string run_hg(const Bed& bed, const Origin& origin, const Args& words) {
  Args argv{"/usr/bin/hg", "--cwd", hg_repository(bed, origin)};
  argv.insert(argv.end(), words.begin(), words.end());
  return ran_well(argv, {.env = {{"HOME", bed.home}}, .cwd = "/"});
}

// Through an extension that leads https:// to a directory. (A lock is waited for ten minutes,
// else.)
void publish_by_hg(const Bed& bed, const Origin& origin) {
  write_file(bed.home / ".hgrc",
             "[extensions]\nschemes =\n[schemes]\nhttps = " + hg_repositories(bed).string() +
                 "/\n[ui]\nusername = a\ntimeout = 1\n");
  const fs::path dir = hg_repository(bed, origin);
  for (const std::string version : {"v1.0.0", "v1.1.0"}) {
    for (const auto& [name, text] : files(origin, version)) write_file(dir / name, text);
    if (version == "v1.0.0") run_hg(bed, origin, {"init"});
    run_hg(bed, origin, {"commit", "--addremove", "--message", version});
    run_hg(bed, origin, {"tag", version});
  }
}

// Its clone is whole: only what comes later is not in it.
std::string future_of_hg(const Bed& bed, const Origin& origin) {
  run_hg(bed, origin, {"tag", "v1.2.0"});
  return "v1.2.0";
}

bool is_sound_by_hg(const fs::path& clone) {
  return run({"/usr/bin/hg", "--repository", clone.string(), "verify"}, {.cwd = "/"}).code() == 0;
}

const Origin& hg() {
  static const Origin origin{"example.org/acme/direct.hg",
                             "https://example.org/acme/direct",
                             "vcs1.hg",
                             publish_by_hg,
                             is_sound_by_hg,
                             future_of_hg};
  return origin;
}

// A project of its own, whose one module comes from that repository.
class CloneBed {
 public:
  explicit CloneBed(const Go& go, const Origin& from = git())
      : bed(go, {.modules = Modules::empty}), origin(from) {
    bed.env["GOPROXY"] = "direct";
    bed.env["GOFLAGS"] = "-modcacherw";
    origin.publish(bed, origin);
    bed.app = bed.root / "app";
    remove_tree(bed.app);
    write_file(bed.app / "go.mod",
               "module example.com/direct-app\n\ngo 1.17\n\nrequire " + origin.path + " v1.1.0\n");
    write_file(bed.app / "main.go", "package main\n\nimport \"" + origin.path +
                                        "\"\n\nfunc main() { println(direct.Word) }\n");
    const Ran ran = bed.go({"mod", "tidy"});
    if (ran.code() != 0) throw std::runtime_error(ran.text());
    copy_tree(vcs(), saved());
    elsewhere = origin.another(bed, origin);
    // Wherever this is built, git shall look no further up.
    bed.env["GIT_CEILING_DIRECTORIES"] = bed.root;
  }

  // As where somebody's home is a repository: git takes that for what it no longer sees as a clone.
  void put_a_repository_around() {
    const std::string git_dir = "--git-dir=" + (bed.root / ".git").string();
    const std::string other = (bed.root / "home/other.git").string();
    for (const Args& words : std::vector<Args>{{"init", "-q", bed.root},
                                               {"init", "-q", "--bare", other},
                                               {git_dir, "remote", "add", "origin", other}}) {
      Args argv{"/usr/bin/git"};
      argv.insert(argv.end(), words.begin(), words.end());
      ran_well(argv, {.cwd = "/"});
    }
    bed.env["GIT_CEILING_DIRECTORIES"] = bed.root.parent_path();
  }

  void reset() const {
    remove_tree(bed.gomodcache);
    copy_tree(saved(), vcs());
  }

  [[nodiscard]] fs::path vcs() const { return bed.gomodcache / "cache/vcs"; }
  [[nodiscard]] fs::path clone() const { return vcs() / sha256(origin.key()); }
  [[nodiscard]] fs::path beside(const std::string& extension) const {
    return clone().string() + extension;
  }
  [[nodiscard]] bool is_sound() const {
    return origin.is_sound(clone()) && read_file(beside(".info")) == origin.key();
  }

  Bed bed;
  const Origin& origin;
  std::string elsewhere;  // a revision that the clone has not

 private:
  [[nodiscard]] fs::path saved() const { return bed.root / "home/vcs"; }
};

struct Row {
  std::string name;
  std::function<void(const CloneBed&)> inflict;
  bool needs_more = false;  // than the clone has
};

std::function<void(const CloneBed&)> at(const std::string& file, const std::string& kind) {
  return [=](const CloneBed& b) { damage(b.clone() / file, kind); };
}

std::function<void(const CloneBed&)> beside(const std::string& extension, const std::string& kind) {
  return [=](const CloneBed& b) { damage(b.beside(extension), kind); };
}

std::function<void(const CloneBed&)> writes(const std::string& file, const std::string& text) {
  return [=](const CloneBed& b) { write_file(b.clone() / file, text); };
}

std::function<void(const CloneBed&)> objects(const std::string& kind) {
  return [=](const CloneBed& b) {
    for (const auto& entry : fs::recursive_directory_iterator(b.clone() / "objects")) {
      if (!entry.is_regular_file()) continue;
      fs::permissions(entry.path(), fs::perms{0644});
      damage(entry.path(), kind);
    }
  };
}

const std::vector<Row>& faults() {
  static const std::string nowhere = std::string(40, '1') + "\n";
  static const std::vector<Row> all = {
      {"HEAD deleted", at("HEAD", "deleted")},
      {"HEAD emptied", at("HEAD", "emptied")},
      {"HEAD dir", at("HEAD", "dir")},
      {"config garbage", at("config", "garbage")},
      {"config dir", at("config", "dir")},
      {"info dir", beside(".info", "dir")},
      {"info emptied", beside(".info", "emptied")},
      {"info garbage", beside(".info", "garbage")},
      {"lock dir", beside(".lock", "dir")},
      {"objects emptied", at("objects", "emptied")},
      {"objects bitflip", objects("bitflip")},
      {"objects' files emptied", objects("emptied")},
      {"objects' files half", objects("half")},
      {"packed-refs garbage", writes("packed-refs", "garbage\n")},
      {"refs deleted", at("refs", "deleted")},
      {"shallow emptied", writes("shallow", "")},
      {"shallow garbage", writes("shallow", "garbage\n")},
      {"shallow unknown", writes("shallow", nowhere)},
      {"tag to nowhere", writes("refs/tags/v1.1.0", nowhere)},
      {"stale shallow.lock", writes("shallow.lock", ""), true},
  };
  return all;
}

std::function<void(const CloneBed&)> locked(const std::string& file, const std::string& holder) {
  return [=](const CloneBed& b) { fs::create_symlink(holder, b.clone() / file); };
}

// What go and hg get over by themselves (a lost hgrc, a truncated fncache) is not here.
const std::vector<Row>& faults_of_hg() {
  static const std::string store = ".hg/store/";
  static const std::vector<Row> all = {
      {"changelog garbage", at(store + "00changelog.i", "garbage")},
      {"changelog half", at(store + "00changelog.i", "half")},
      {"changelog bitflip", at(store + "00changelog.i", "bitflip")},
      {"manifest deleted", at(store + "00manifest.i", "deleted")},
      {"manifest emptied", at(store + "00manifest.i", "emptied")},
      {"manifest bitflip", at(store + "00manifest.i", "bitflip")},
      {"file deleted", at(store + "data/direct.go.i", "deleted")},
      {"file half", at(store + "data/direct.go.i", "half")},
      {"file bitflip", at(store + "data/direct.go.i", "bitflip")},
      {"file dir", at(store + "data/direct.go.i", "dir")},
      {"tags deleted", at(store + "data/~2ehgtags.i", "deleted")},
      {"requires deleted", at(".hg/requires", "deleted")},
      {"requires garbage", at(".hg/requires", "garbage")},
      {"hgrc garbage", writes(".hg/hgrc", "garbage\n")},
      {"dirstate garbage", writes(".hg/dirstate", "garbage\n")},
      {"store file", at(".hg/store", "file")},
      {".hg file", at(".hg", "file")},
      {"journal", writes(store + "journal", ""), true},
      {"info emptied", beside(".info", "emptied")},
      {"info garbage", beside(".info", "garbage")},
      {"lock dir", beside(".lock", "dir")},
      {"store/lock", locked(store + "lock", "other/f0:4711"), true},
      {"wlock", locked(".hg/wlock", "other/f0:4711"), true},
  };
  return all;
}

Args command_of(const CloneBed& b, const Row& fault) {
  if (fault.needs_more) return {"mod", "download", b.origin.path + "@" + b.elsewhere};
  return {"build", "-o", "/dev/null", "."};
}

void check_fault(const CloneBed& b, const Row& fault) {
  INFO(b.bed.toolchain.version << ": " << fault.name);
  const Args command = command_of(b, fault);
  b.reset();
  fault.inflict(b);
  const Ran plain = b.bed.go(command);
  const bool is_stuck = plain.code() != 0 && b.bed.go(command).code() != 0;
  tally(b.origin.table(), b.bed.toolchain.version,
        is_stuck ? "fail for ever with plain go" : "plain go gets over");
  b.reset();
  fault.inflict(b);
  const Ran ran = b.bed.gomend(command);
  INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(ran.code() == 0);
  if (!is_stuck) return;
  if (ran.code() == 0) tally(b.origin.table(), b.bed.toolchain.version, "succeed with gomend");
  CHECK(contains(ran.err, "gomend: the clone of "));
  CHECK(contains(ran.err, "; retrying \"go "));
  CHECK(b.is_sound());
}

using Wanted = std::function<bool(const Row&)>;

void check_faults(const Go& go, const Origin& origin, const std::vector<Row>& rows,
                  const Wanted& is_wanted) {
  CloneBed b(go, origin);
  if (const char* trace = std::getenv("GOMEND_TRACE")) b.bed.env["GOMEND_TRACE"] = trace;
  for (const Row& fault : rows) {
    if (is_wanted(fault)) check_fault(b, fault);
  }
}

bool is_asked_for(const Row& fault) {
  const char* only = std::getenv("GOMEND_TEST_ROW");
  return only == nullptr || contains(fault.name, only);
}

}  // namespace

TEST_CASE("a damaged clone is replaced, and the command succeeds", "[e2e]") {
  for (const Go& go : gos()) check_faults(go, git(), faults(), is_asked_for);
}

// hg takes a third of a second to start, and go starts it six times.
TEST_CASE("a damaged clone of hg is replaced, and the command succeeds", "[e2e]") {
  const std::set<std::string> some{"manifest bitflip", "journal", "store/lock"};
  check_faults(gos().back(), hg(), faults_of_hg(),
               [&](const Row& fault) { return some.contains(fault.name); });
}

TEST_CASE("every damaged clone of hg is replaced", "[e2e][.long]") {
  for (const Go& go : gos()) check_faults(go, hg(), faults_of_hg(), is_asked_for);
}

TEST_CASE("verify judges every clone, and mends it on request", "[e2e]") {
  const CloneBed b(gos().front());
  CHECK(b.bed.companion({"verify", "--all"}, {.cwd = b.bed.app}).code() == 0);
  damage(b.clone() / "HEAD", "emptied");
  const Ran looked = b.bed.companion({"verify", "--all"}, {.cwd = b.bed.app});
  INFO(looked.text());
  CHECK(looked.code() == 1);
  CHECK(looked.out.starts_with("the clone of " + b.origin.url + ": corrupt ("));
  const Ran repaired = b.bed.companion({"verify", "--all", "--repair"}, {.cwd = b.bed.app});
  INFO(repaired.text());
  CHECK(repaired.code() == 0);
  CHECK(b.is_sound());
  CHECK(b.bed.companion({"verify", "--all"}, {.cwd = b.bed.app}).code() == 0);
}

TEST_CASE("a damaged clone inside somebody's repository is not looked for there", "[e2e]") {
  for (const Go& go : gos()) {
    CloneBed b(go);
    b.put_a_repository_around();
    for (const Row& fault : faults()) {
      if (fault.name.starts_with("HEAD") || fault.name.starts_with("refs")) check_fault(b, fault);
    }
    b.reset();
    const Snapshot before = snapshot(b.vcs());
    const Ran ran = b.bed.gomend({"mod", "download", b.origin.path + "@v9.9.9"});
    INFO(ran.text());
    CHECK(contains(ran.err, "unknown revision v9.9.9"));
    CHECK(!contains(ran.err, "gomend: the clone"));
    CHECK(difference(before, snapshot(b.vcs()), {.ignore = {"*/FETCH_HEAD"}, .inodes = true}) ==
          "");
  }
}

TEST_CASE("a clone whose source is away stays as it is, and a sound one is left alone", "[e2e]") {
  for (const Go& go : gos()) {
    const CloneBed b(go);
    b.reset();
    damage(b.clone() / "HEAD", "deleted");
    git_fault({.kind = "status", .status = 502});
    const Snapshot before = snapshot(b.vcs());
    const Ran ran = b.bed.gomend({"build", "-o", "/dev/null", "."});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(difference(before, snapshot(b.vcs()), {.inodes = true}) == "");
    b.reset();
    const Snapshot sound = snapshot(b.vcs());
    const Ran away = b.bed.gomend({"mod", "download", b.origin.path + "@" + b.elsewhere});
    git_clear();
    INFO(away.text());
    CHECK(away.code() == 1);
    CHECK(difference(sound, snapshot(b.vcs()), {.ignore = {"*/FETCH_HEAD"}, .inodes = true}) == "");
    CHECK(!contains(away.err, "gomend: the clone"));
  }
}

TEST_CASE("a lock in a clone that somebody works in is left alone", "[e2e]") {
  const CloneBed b(gos().back());
  b.reset();
  write_file(b.clone() / "shallow.lock", "");
  write_file(b.clone() / "gc.pid", std::to_string(::getpid()) + " here\n");
  const Ran ran = b.bed.gomend({"mod", "download", b.origin.path + "@" + b.elsewhere});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(fs::exists(b.clone() / "shallow.lock"));
}

}  // namespace tests

// Clones in cache/vcs (GOPROXY=direct), each damaged in one way, and nothing else in the module
// cache: `go build` through gomend, once. Plain go comes first: is it stuck?

#include <sys/file.h>

#include <cstdlib>
#include <functional>

#include "tests/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string path = "github.com/acme/direct";
const std::string key = "git3:https://" + path;

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// A project of its own, whose one module comes from the git server.
class CloneBed {
 public:
  explicit CloneBed(const Go& go) : bed(go, {.modules = Modules::empty}) {
    bed.env["GOPROXY"] = "direct";
    bed.env["GOFLAGS"] = "-modcacherw";
    write_file(bed.home / ".gitconfig",
               "[url \"" + modserver_url() + "/git/\"]\n\tinsteadOf = https://\n");
    first = commit_to_git(path, files("one"), "v1.0.0");
    commit_to_git(path, files("two"), "v1.1.0");
    bed.app = bed.root / "app";
    remove_tree(bed.app);
    write_file(bed.app / "go.mod",
               "module example.com/direct-app\n\ngo 1.17\n\nrequire " + path + " v1.1.0\n");
    write_file(bed.app / "main.go",
               "package main\n\nimport \"" + path + "\"\n\nfunc main() { println(direct.Word) }\n");
    const Ran ran = bed.go({"mod", "tidy"});
    if (ran.code() != 0) throw std::runtime_error(ran.text());
    copy_tree(vcs(), saved());
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
      const Ran ran = run(argv, {.cwd = "/"});
      if (ran.code() != 0) throw std::runtime_error(ran.text());
    }
    bed.env["GIT_CEILING_DIRECTORIES"] = bed.root.parent_path();
  }

  void reset() const {
    remove_tree(bed.gomodcache);
    copy_tree(saved(), vcs());
  }

  [[nodiscard]] fs::path vcs() const { return bed.gomodcache / "cache/vcs"; }
  [[nodiscard]] fs::path clone() const { return vcs() / sha256(key); }
  [[nodiscard]] fs::path beside(const std::string& extension) const {
    return clone().string() + extension;
  }
  [[nodiscard]] bool is_sound() const {
    const Ran fsck =
        run({"/usr/bin/git", "--git-dir=" + clone().string(), "fsck", "--full"}, {.cwd = "/"});
    return fsck.code() == 0 && read_file(beside(".info")) == key;
  }

  Bed bed;
  std::string first;  // the commit of v1.0.0

 private:
  static std::map<std::string, std::string> files(const std::string& word) {
    return {{"go.mod", "module " + path + "\n"},
            {"direct.go", "package direct\n\nconst Word = \"" + word + "\"\n"}};
  }
  [[nodiscard]] fs::path saved() const { return bed.root / "home/vcs"; }
};

struct Row {
  std::string name;
  std::function<void(const CloneBed&)> inflict;
  bool needs_the_past = false;  // a commit that is not in the shallow clone
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

Args command_of(const CloneBed& b, const Row& fault) {
  if (fault.needs_the_past) return {"mod", "download", path + "@" + b.first};
  return {"build", "-o", "/dev/null", "."};
}

void check_fault(const CloneBed& b, const Row& fault) {
  INFO(b.bed.toolchain.version << ": " << fault.name);
  const Args command = command_of(b, fault);
  b.reset();
  fault.inflict(b);
  const Ran plain = b.bed.go(command);
  const bool is_stuck = plain.code() != 0 && b.bed.go(command).code() != 0;
  tally("clones", b.bed.toolchain.version,
        is_stuck ? "fail for ever with plain go" : "plain go gets over");
  b.reset();
  fault.inflict(b);
  const Ran ran = b.bed.gomend(command);
  INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(ran.code() == 0);
  if (!is_stuck) return;
  if (ran.code() == 0) tally("clones", b.bed.toolchain.version, "succeed with gomend");
  CHECK(contains(ran.err, "gomend: the clone of "));
  CHECK(contains(ran.err, ", running go again\n"));
  CHECK(b.is_sound());
}

}  // namespace

TEST_CASE("a damaged clone is replaced, and the command succeeds", "[e2e]") {
  const char* only = std::getenv("GOMEND_TEST_ROW");
  for (const Go& go : gos()) {
    CloneBed b(go);
    if (const char* trace = std::getenv("GOMEND_TRACE")) b.bed.env["GOMEND_TRACE"] = trace;
    for (const Row& fault : faults()) {
      if (only == nullptr || contains(fault.name, only)) check_fault(b, fault);
    }
  }
}

TEST_CASE("verify judges every clone, and mends it on request", "[e2e]") {
  const CloneBed b(gos().front());
  CHECK(b.bed.companion({"verify", "--all"}, {.cwd = b.bed.app}).code() == 0);
  damage(b.clone() / "HEAD", "emptied");
  const Ran looked = b.bed.companion({"verify", "--all"}, {.cwd = b.bed.app});
  INFO(looked.text());
  CHECK(looked.code() == 1);
  CHECK(looked.out.starts_with("the clone of https://" + path + ": it is damaged ("));
  const Ran mended = b.bed.companion({"verify", "--all", "--repair"}, {.cwd = b.bed.app});
  INFO(mended.text());
  CHECK(mended.code() == 0);
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
    const Ran ran = b.bed.gomend({"mod", "download", path + "@v9.9.9"});
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
    const Ran away = b.bed.gomend({"mod", "download", path + "@" + b.first});
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
  const Ran ran = b.bed.gomend({"mod", "download", path + "@" + b.first});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(fs::exists(b.clone() / "shallow.lock"));
}

}  // namespace tests

// Places that can't be written to, or belong to somebody else: gomend's own failure is never the
// user's.

#include <sys/stat.h>
#include <unistd.h>

#include "tests/bed/machine.hpp"
#include "tests/e2e/hostile.hpp"

namespace tests {
namespace {

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// A shell in a mount namespace of its own, with gomend as go on PATH: what it mounts goes with it.
Ran in_own_mounts(const Bed& bed, const std::string& script) {
  Env env = bed.env;
  env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"] + ":/usr/sbin:/sbin";
  return run({"/usr/bin/unshare", "-m", "/bin/sh", "-ec", script}, {.env = env, .cwd = bed.app});
}

}  // namespace

TEST_CASE("without a place for its state gomend mends all the same", "[e2e]") {
  Bed bed(gos().back());
  const Victim victim(bed);
  const fs::path state = bed.home / ".local/state/gomend";
  lose_a_file(bed);
  SECTION("no HOME") {
    bed.env.erase("HOME");
  }
  SECTION("HOME is a file") {
    bed.env["HOME"] = (bed.app / "main.go").string();
  }
  SECTION("the state directory is a file") {
    write_file(state, "mine\n");
  }
  SECTION("the state directory is a link") {
    fs::create_directories(state.parent_path());
    plant(state, victim.path);
  }
  SECTION("the journal is a directory") {
    fs::create_directories(state / "journal.jsonl");
  }
  SECTION("the journal is a link") {
    fs::create_directories(state);
    fs::permissions(state, fs::perms::owner_all);
    plant(state / "journal.jsonl", victim.path / "passwd");
  }
  SECTION("others may write in the state directory") {
    fs::create_directories(state);
    fs::permissions(state, fs::perms::all);
  }
  SECTION("the state directory is someone else's") {
    if (::geteuid() != 0) return skip("needs root");
    fs::create_directories(state);
    fs::permissions(state, fs::perms::owner_all);
    REQUIRE(::chown(state.c_str(), 65534, 65534) == 0);
  }
  const Witness witness(bed);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(gomend_words(ran.err).size() == 1);
  CHECK(victim.changes() == "");
  CHECK(witness.changes() == "");
  if (fs::is_directory(state)) {
    CHECK((snapshot(state).size() == 1 || fs::is_directory(state / "journal.jsonl") ||
           fs::is_symlink(state / "journal.jsonl")));
  }
}

// Who reads it would wait for ever: nobody writes.
TEST_CASE("OpenSSL's configuration is not read, which could load code", "[e2e]") {
  Bed bed(gos().back());
  const fs::path pipe = bed.home / "openssl.cnf";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  bed.env["OPENSSL_CONF"] = pipe.string();
  lose_a_file(bed);
  const RunOptions soon = {.limit = std::chrono::seconds(60)};
  const Ran ran = bed.gomend(build, soon);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(gomend_words(ran.err).size() == 1);
  CHECK(bed.companion({"verify", "--all"}, soon).code() == 0);
}

TEST_CASE("root leaves no file of its own in another user's cache", "[e2e]") {
  if (::geteuid() != 0) return skip("needs root");
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      lose_a_file(bed);
      fs::remove(bed.download(alpha, ".mod"));
      write_file(bed.download(alpha, ".mod"), "damaged");
      const Given given(bed.gomodcache, 65534);
      const Ran ran = bed.gomend(build);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      for (const auto& entry : fs::recursive_directory_iterator(bed.gomodcache)) {
        struct stat info {};
        REQUIRE(::lstat(entry.path().c_str(), &info) == 0);
        INFO(entry.path());
        CHECK(info.st_uid == 65534);
      }
    }
  }
}

TEST_CASE("a cache that can't be written to: go's own end, and nothing half done", "[e2e]") {
  if (!may_mount()) return skip(no_mounts);
  const Bed bed(gos().back());
  const std::string list = "find mod -ls | awk '{print $3, $5, $7, $11}' | sort >";
  const std::string damage_it =
      "chmod u+w mod/github.com/acme/alpha@v1.1.0; rm mod/github.com/acme/alpha@v1.1.0/extra.go; "
      "chmod u-w mod/github.com/acme/alpha@v1.1.0; ";
  const std::string build_in_it =
      list + "/$D/../before; code=0; (cd " + bed.app.string() +
      "; GOMODCACHE=$D/mod go build ./... >$D/../out 2>&1) || code=$?; " + list +
      "/$D/../after; cat ../out; cmp ../before ../after; exit $code";
  const std::string start = "D=" + (bed.tmp / "place").string() + "; mkdir $D; ";
  SECTION("the disk is full") {
    const Ran ran =
        in_own_mounts(bed, start + "mount -t tmpfs -o size=12m tmpfs $D; cp -a " +
                               bed.gomodcache.string() + " $D/mod; cd $D; " + damage_it +
                               "dd if=/dev/zero of=fill bs=4k 2>/dev/null || true; " + build_in_it);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(contains(ran.out, "undefined: alpha.Extra"));
    CHECK(contains(ran.out, "No space left on device; see: df -h "));
    CHECK(!contains(ran.out, "differ"));
  }
  SECTION("it is mounted read-only") {
    const Ran ran = in_own_mounts(
        bed, start + "cp -a " + bed.gomodcache.string() + " $D/mod; cd $D; " + damage_it +
                 "mount --bind $D/mod $D/mod; mount -o remount,bind,ro $D/mod; " + build_in_it);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(contains(ran.out, "undefined: alpha.Extra"));
    CHECK(contains(ran.out, "Read-only file system; see: ls -ld "));
    CHECK(!contains(ran.out, "differ"));
  }
}

}  // namespace tests

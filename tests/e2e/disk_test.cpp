// A disk that is full in the middle of a repair, descriptors that run out, a cache that can't be
// read to its end: nothing is lost, nothing sound is called broken, nothing unknown is called sound
// (issue 15.13 and 15.24).

#include <unistd.h>

#include "tests/bed/bed.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

// In a mount namespace of its own, with gomend as go on PATH.
Ran in_own_mounts(const Bed& bed, const std::string& script) {
  Env env = bed.env;
  env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"] + ":/usr/sbin:/sbin";
  return run({"/usr/bin/unshare", "-m", "/bin/sh", "-ec", script}, {.env = env, .cwd = bed.app});
}

bool contains(const std::string& text, const std::string& words) {
  return text.find(words) != text.npos;
}

// `gomend COMMAND` that can open so many files.
Ran with_files(const Bed& bed, int files, const std::string& command) {
  return run({"/bin/sh", "-c",
              "ulimit -n " + std::to_string(files) + "; exec " + gomend_binary + " " + command},
             {.env = bed.env, .cwd = bed.app});
}

}  // namespace

TEST_CASE("a disk that is full at any step of a repair: each file is as it was, or good", "[e2e]") {
  if (!may_mount()) return skip(no_mounts);
  const Bed bed(gos().back());
  // Of each file its hash; what go itself extracts into a full disk is under its own mark.
  const std::string sums =
      "sums() { find mod -type f ! -path '*/cache/gomend/*' ! -name '*.lock' ! -name '*.partial' "
      "! -path 'mod/github.com/acme/alpha@*' -exec sha256sum {} + | sort; }; ";
  const Ran ran = in_own_mounts(
      bed, sums + "D=" + (bed.tmp / "place").string() + "; mkdir $D; W=" + bed.tmp.string() +
               "; Z=mod/cache/download/github.com/acme/alpha/@v/v1.1.0; "
               "for free in 0 4 8 16 32 64 128 512; do mount -t tmpfs -o size=14m tmpfs $D; "
               "cp -a " +
               bed.gomodcache.string() +
               " $D/mod; cd $D; sums >$W/good; "
               "chmod -R u+w mod/github.com/acme/alpha@v1.1.0; rm -r "
               "mod/github.com/acme/alpha@v1.1.0; "
               "head -c 300 $Z.zip >$W/torn; cat $W/torn >$Z.zip; echo garbage >$Z.mod; "
               "sums >$W/before; dd if=/dev/zero of=fill bs=4k 2>/dev/null || true; "
               "truncate -s -${free}k fill; code=0; (cd " +
               bed.app.string() +
               "; GOMODCACHE=$D/mod go list -deps ./... >$W/out 2>&1) || code=$?; "
               "sums >$W/after; echo \"free $free code $code\"; "
               "grep -vxF -f $W/good -f $W/before $W/after | sed 's/^/odd: /' || true; "
               "test $(wc -l <$W/after) -ge $(wc -l <$W/before) || echo lost; "
               "ls mod/cache/gomend 2>/dev/null | grep stage && echo left; "
               "grep -c 'terminate\\|panic' $W/out | grep -v '^0' || true; "
               "cd $W; umount $D; done");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(contains(ran.out, "free 0 code 1\n"));
  CHECK(contains(ran.out, "free 512 code 0\n"));
  for (const char* bad : {"odd: ", "lost", "left"}) CHECK(!contains(ran.out, bad));
}

TEST_CASE("descriptors that run out: a sound cache is not called broken, nor changed", "[e2e]") {
  const Bed bed(gos().back(), {.builds = Builds::warm});
  const Snapshot before = bed.modules();
  for (const int files : {5, 7, 9, 11, 13, 16, 20, 26}) {
    CAPTURE(files);
    const Ran ran = with_files(bed, files, "verify --all --full --repair");
    INFO(ran.text());
    CHECK((ran.code() == 0 || ran.code() == 2));
    CHECK(contains(ran.out, "all modules verified") == (ran.code() == 0));
    CHECK(!contains(ran.text(), "damaged"));
    CHECK(!contains(ran.text(), "[system:"));
    (void)with_files(bed, files, "prune .");
    for (const std::string& module : required_modules()) CHECK(fs::exists(bed.zip(module)));
  }
  CHECK(difference(before, bed.modules(),
                   {.ignore = {"*lonely*", "*.lock", "cache/gomend", "*/list"}}) == "");
}

TEST_CASE("verify: what can't be read is not sound", "[e2e]") {
  const Bed bed(gos().back());
  const fs::path elsewhere = bed.tmp / "elsewhere";
  const fs::path part = bed.gomodcache / "cache/download/github.com";
  fs::rename(part, elsewhere);
  fs::create_directory_symlink(elsewhere, part);
  REQUIRE(bed.go({"build", "./..."}).code() == 0);
  const Snapshot before = bed.modules();
  const Ran ran = bed.companion({"verify", "--repair"});
  INFO(ran.text());
  CHECK(ran.code() == 2);
  CHECK(contains(ran.out, alpha + ": could not be read ("));
  CHECK(contains(bed.companion({"verify", "--json"}).out, "\"sound\": false"));
  CHECK(difference(before, bed.modules(), {.ignore = {"cache/gomend"}}) == "");
  fs::remove(part);
  fs::rename(elsewhere, part);
}

}  // namespace tests

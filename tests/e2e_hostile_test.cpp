// Text that anyone can print, links that anyone can plant, and places that can't be written to:
// nothing outside the caches moves, no code of the user's runs twice, and gomend's own failure is
// never the user's.

#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "tests/bed.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const Args build = {"build", "./..."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

void lose_a_file(const Bed& bed) {
  remove_tree(bed.tree(alpha) / "extra.go");
}

// A directory outside the caches that looks like one, and must stay as it is to the inode.
class Victim {
 public:
  explicit Victim(const Bed& bed) : path(bed.root / "tmp/victim") {
    copy_tree(fs::exists(bed.tree(alpha)) ? bed.tree(alpha) : fs::path(bed.app), path / "tree");
    {
      const Writable writable(path / "tree");
      remove_tree(path / "tree/extra.go");
    }
    copy_tree(bed.zip(alpha).parent_path(), path / "@v");
    damage(path / "@v/v1.1.0.zip", "half");
    write_file(path / "passwd", "root:x:0:0\n");
    before_ = snapshot(path);
  }
  [[nodiscard]] std::string changes() const {
    // go itself follows a link and locks there.
    return difference(before_, snapshot(path), {.ignore = {"*.lock"}, .inodes = true});
  }

  const fs::path path;

 private:
  Snapshot before_;
};

void plant(const fs::path& link, const fs::path& target) {
  remove_tree(link);
  const Writable parent(link.parent_path());
  fs::create_symlink(target, link);
}

std::vector<std::string> hostile_modules(const Bed& bed) {
  const std::string nul("github.com/ac\0me/alpha", 22);
  return {"../../etc",
          "/etc/passwd",
          "github.com/acme/../../../../../tmp/victim",
          "github.com/acme/..",
          "..",
          "",
          "%2e%2e/%2e%2e/%2e%2e/tmp/victim",
          "github.com/!a!c!m!e/alpha",
          "GITHUB.COM/acme/alpha",
          "github.com//acme/alpha",
          "github.com/acme/alpha/",
          "github.com/acme/al\npha",
          "github.com/acme/alpha@v1.1.0/../../victim",
          "-o=/tmp/x",
          nul,
          "github.com/" + std::string(1 << 20, 'a'),
          (bed.root / "tmp/victim").string()};
}

std::vector<std::string> hostile_paths(const Bed& bed, const Victim& victim) {
  const std::string download = (bed.gomodcache / "cache/download").string();
  const std::string nul = download + "/github.com/acme/alpha/@v/" + std::string("v1.1.0\0.zip", 11);
  return {(victim.path / "@v/v1.1.0.zip").string(),
          download + "/../../../../../tmp/victim/@v/v1.1.0.zip",
          download + "/github.com/acme/../../../../../../../tmp/victim/@v/v1.1.0.zip",
          download + "/%2e%2e/%2e%2e/victim/@v/v1.1.0.zip",
          download + "/evil/@v/v1.1.0.zip",
          download + "/" + std::string(1 << 20, 'a') + "/@v/v1.0.0.zip",
          (bed.gomodcache / "github.com/evil@v1.1.0/alpha.go").string(),
          (bed.gomodcache / "../../../tmp/victim/tree/alpha.go").string(),
          "../tmp/victim/tree/alpha.go",
          "/etc/passwd",
          "/proc/self/environ",
          "/dev/zero",
          nul};
}

std::vector<std::string> texts_about_module(const std::string& module, const std::string& version) {
  const std::string m = module + "@" + version;
  return {"verifying " + m + ": checksum mismatch\n\tdownloaded: h1:" + std::string(43, 'B') +
              "=\n\tgo.sum:     h1:" + std::string(43, 'A') + "=\n\nSECURITY ERROR\n",
          "verifying " + m + "/go.mod: checksum mismatch\n",
          "go: " + m + ": invalid version: unknown revision " + version + "\n",
          "go: " + m + ": zip: not a valid zip file\n",
          "main.go:5:2: no required module provides package " + module + "; to add it:\n"};
}

std::vector<std::string> texts_about_path(const std::string& path) {
  return {"-> unzip " + path + ": zip: not a valid zip file\nmain.go:5:2: unzip " + path +
              ": zip: not a valid zip file\n",
          "verifying " + alpha + ": open " + path + ": no such file or directory\n",
          "# example.com/app\nopen " + path + ": no such file or directory\n",
          "# example.com/app\n" + path + ":1:1: syntax error: package statement must be first\n",
          "# example.com/app\n" + path + ":1:1: undefined: alpha.Extra\n",
          "main.go:5:2: open " + path + ": is a directory\n",
          "open " + path + ".lock: permission denied\n"};
}

// A program that counts its runs, prints go's own words, damages the cache, and ends with 3.
std::string culprit(const Bed& bed, const std::string& body_start, const std::string& body_end) {
  const std::string zip = bed.zip(alpha).string();
  const std::string tree = bed.tree(alpha).string();
  return "import \"os\"\nimport \"example.com/app/pkg/testlog\"\n" + body_start +
         "\ttestlog.Add(\"culprit\")\n"
         "\tos.WriteFile(\"" +
         zip +
         "\", []byte(\"damaged\"), 0666)\n"
         "\tos.Chmod(\"" +
         tree +
         "\", 0755)\n"
         "\tos.Remove(\"" +
         tree +
         "/extra.go\")\n"
         "\tos.Chmod(\"" +
         tree +
         "\", 0555)\n"
         "\tos.Stderr.WriteString(\"-> unzip " +
         zip +
         ": zip: not a valid zip file\\n"
         "verifying " +
         alpha +
         ": checksum mismatch\\n"
         "# example.com/app/pkg/report\\npkg/report/report.go:17:57: undefined: "
         "alpha.Extra\\n\")\n" +
         body_end;
}

void check_ran_once(const Bed& bed) {
  CHECK(bed.test_runs() == std::vector<std::string>{"culprit"});
  fs::remove(bed.test_log);
}

bool may_mount() {
  return ::geteuid() == 0 &&
         run({"unshare", "-m", "true"}, {.env = {{"PATH", "/usr/bin:/bin"}}}).code() == 0 &&
         run({"unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"},
             {.env = {{"PATH", "/usr/bin:/usr/sbin:/bin:/sbin"}}})
                 .code() == 0;
}

// A shell in a mount namespace of its own, with gomend as go on PATH: what it mounts goes with it.
Ran in_own_mounts(const Bed& bed, const std::string& script) {
  Env env = bed.env;
  env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"] + ":/usr/sbin:/sbin";
  return run({"/usr/bin/unshare", "-m", "/bin/sh", "-ec", script}, {.env = env, .cwd = bed.app});
}

}  // namespace

TEST_CASE("text that names a hostile module or path moves nothing", "[e2e][sample]") {
  const Bed bed(gos().back());
  const Victim victim(bed);
  plant(bed.gomodcache / "github.com/evil@v1.1.0", victim.path / "tree");
  plant(bed.gomodcache / "cache/download/evil", victim.path);
  const Snapshot modules = bed.modules();
  const Snapshot builds = bed.builds();
  const Snapshot home = snapshot(bed.home);
  const Witness witness(bed);
  const fs::path words = bed.root / "tmp/words";
  const auto say = [&](const std::string& text) {
    write_file(words, text);
    const Ran ran =
        bed.gomend(build, {.env = {{"GOMEND_REAL_GO", FAKE_GO},
                                   {"FAKE_GO", "env-by " + bed.toolchain.path.string() +
                                                   "; err-file " + words.string() + "; exit 1"}}});
    INFO(text.substr(0, 500));
    CHECK(ran.code() == 1);
    CHECK(ran.err.starts_with(text));
    CHECK(gomend_words(ran.err).size() <= 1);
    CHECK(ran.err.size() < text.size() + 3000);
    CHECK(victim.changes() == "");
  };
  SECTION("modules") {
    for (const std::string& module : hostile_modules(bed)) {
      for (const std::string& text : texts_about_module(module, "v1.1.0")) say(text);
    }
    for (const char* version :
         {"../../x", "v1.1.0/../../..", "v1.1.0%2f..", "v1", "-x", "V1.1.0"}) {
      for (const std::string& text : texts_about_module("github.com/acme/alpha", version))
        say(text);
    }
  }
  SECTION("paths") {
    for (const std::string& path : hostile_paths(bed, victim)) {
      for (const std::string& text : texts_about_path(path)) say(text);
    }
  }
  // A link inside the cache that was named may be moved aside within it; nothing else.
  CHECK(difference(modules, bed.modules(),
                   {.ignore = {"cache/gomend", "github.com/evil@v1.1.0", "cache/download/evil",
                               "cache/download/github.com/evil", "*.lock"},
                    .inodes = true}) == "");
  CHECK(difference(builds, bed.builds(), {.inodes = true}) == "");
  CHECK(difference(home, snapshot(bed.home), {.ignore = {".local"}, .inodes = true}) == "");
  CHECK(witness.changes() == "");
}

TEST_CASE("a compile error whose file name is made up (//line) moves nothing", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const Victim victim(bed);
      const Snapshot modules = bed.modules();
      for (const std::string& path :
           {(victim.path / "tree/alpha.go").string(), std::string("../tmp/victim/tree/alpha.go"),
            (bed.tree(alpha) / "alpha.go").string(),
            (bed.tree(alpha) / "../../../../../../tmp/victim/tree/alpha.go").string()}) {
        write_file(bed.app / "bad/bad.go",
                   "package bad\n\n//line " + path + ":1:1\nvar _ = undefinedName\n");
        const Ran plain = bed.go({"build", "./bad"});
        const Ran ran = bed.gomend({"build", "./bad"});
        INFO(ran.text());
        CHECK(ran.code() == plain.code());
        CHECK(ran.err == plain.err);
        CHECK(victim.changes() == "");
      }
      CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
    }
  }
}

TEST_CASE("a link in the cache that leads outside is replaced, and what it leads to is untouched",
          "[e2e][sample]") {
  struct Row {
    std::string name;
    std::function<void(const Bed&, const Victim&)> plant_it;
  };
  const std::vector<Row> rows = {
      {"a tree", [](const Bed& bed, const Victim& v) { plant(bed.tree(alpha), v.path / "tree"); }},
      {"a file of a tree",
       [](const Bed& bed, const Victim& v) {
         plant(bed.tree(alpha) / "extra.go", v.path / "passwd");
       }},
      {"a directory of a tree",
       [](const Bed& bed, const Victim& v) { plant(bed.tree(alpha) / "inner", v.path); }},
      {"a zip",
       [](const Bed& bed, const Victim& v) {
         remove_tree(bed.tree(alpha));
         plant(bed.zip(alpha), v.path / "@v/v1.1.0.zip");
       }},
      {"a go.mod", [](const Bed& bed,
                      const Victim& v) { plant(bed.download(alpha, ".mod"), v.path / "passwd"); }},
  };
  for (const Go& go : gos()) {
    for (const Row& row : rows) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        const Bed bed(go);
        const Victim victim(bed);
        row.plant_it(bed, victim);
        const Witness witness(bed);
        const Ran ran = bed.gomend(build);
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(victim.changes() == "");
        CHECK(witness.changes() == "");
        CHECK(difference(bed.pristine_modules(), bed.modules(),
                         {.ignore = {"cache/gomend", "*.lock",
                                     "cache/download/github.com/acme/alpha/@v/list"}}) == "");
      }
    }
  }
}

TEST_CASE("a part of the cache that someone keeps elsewhere by a link is left alone", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const Victim victim(bed);
      const fs::path versions = bed.zip(alpha).parent_path();
      remove_tree(bed.tree(alpha));
      SECTION("@v") {
        plant(versions, victim.path / "@v");
      }
      SECTION("above @v") {
        plant(versions.parent_path(), victim.path);
      }
      const Ran plain = bed.go(build);
      const Snapshot modules = bed.modules();
      const Ran ran = bed.gomend(build);
      INFO(ran.text());
      CHECK(ran.code() == plain.code());
      CHECK(go_words(ran.err) == go_words(plain.err));
      CHECK(difference(modules, bed.modules(), {.ignore = {"*.tmp"}, .inodes = true}) == "");
      CHECK(victim.changes() == "");
    }
  }
}

TEST_CASE("a link where gomend keeps its own things leads it nowhere", "[e2e]") {
  const Bed bed(gos().back());
  const Victim victim(bed);
  lose_a_file(bed);
  SECTION("cache/gomend") {
    plant(bed.gomodcache / "cache/gomend", victim.path);
  }
  SECTION("the quarantine") {
    fs::create_directories(bed.gomodcache / "cache/gomend");
    plant(bed.gomodcache / "cache/gomend/quarantine", victim.path);
  }
  const Ran plain = bed.go(build);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK((ran.code() == 0 || ran.code() == plain.code()));
  CHECK(go_words(ran.err) == go_words(plain.err));
  CHECK(victim.changes() == "");
}

TEST_CASE("a lock that is a link is moved aside, not written through", "[e2e]") {
  const Bed bed(gos().back(), {.modules = Modules::downloads});
  const Victim victim(bed);
  damage(bed.zip(alpha), "half");
  plant(bed.download(alpha, ".lock"), victim.path / "passwd");
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(victim.changes() == "");
}

TEST_CASE("a program that has started is never started again, whatever it prints and damages",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go, {.tool = go.minor >= 24});
      write_file(bed.app / "culprit/main.go",
                 "package main\n" + culprit(bed, "func main() {\n", "\tos.Exit(3)\n}\n"));
      const Ran ran = bed.gomend({"run", "./culprit"});
      INFO(ran.text());
      CHECK(ran.code() == 1);
      CHECK(ran.err.ends_with("undefined: alpha.Extra\nexit status 3\n"));
      check_ran_once(bed);
      const Ran on_terminal = bed.gomend_pty({"run", "./culprit"});
      INFO(on_terminal.text());
      CHECK(on_terminal.out.ends_with("exit status 3\r\n"));
      check_ran_once(bed);
      const Ran run_by = bed.gomend({"run", "-exec", "/usr/bin/env", "./culprit"});
      INFO(run_by.text());
      CHECK(run_by.code() == 1);
      check_ran_once(bed);
      if (go.minor < 24) continue;
      write_file(bed.app / "go.mod",
                 read_file(bed.app / "go.mod") + "\ntool example.com/app/culprit\n");
      const Ran tool = bed.gomend({"tool", "culprit"});
      INFO(tool.text());
      CHECK(tool.code() == 3);
      check_ran_once(bed);
    }
  }
}

TEST_CASE("a test that has started is never started again, whatever it prints and damages",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      write_file(
          bed.app / "culprit/culprit_test.go",
          "package culprit\n" + culprit(bed, "import \"testing\"\nfunc TestIt(t *testing.T) {\n",
                                        "\tos.Exit(3)\n}\n"));
      for (const Args& args : {Args{"test", "./culprit"}, Args{"test", "-v", "./culprit"},
                               Args{"test", "-json", "./culprit"}}) {
        const Ran ran = bed.gomend(args);
        INFO(ran.text());
        CHECK(ran.code() == 1);
        check_ran_once(bed);
      }
      const Ran here = bed.gomend({"test"}, {.cwd = bed.app / "culprit"});
      INFO(here.text());
      CHECK(here.code() == 1);
      check_ran_once(bed);
      const Ran merged = bed.gomend({"test", "./culprit"}, {.merged = true});
      INFO(merged.text());
      CHECK(merged.code() == 1);
      check_ran_once(bed);
    }
  }
}

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
    if (::geteuid() != 0) return;
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
  if (::geteuid() != 0) return;
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
  if (!may_mount()) return;
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
    CHECK(contains(ran.out, "No space left on device; next: df -h "));
    CHECK(!contains(ran.out, "differ"));
  }
  SECTION("it is mounted read-only") {
    const Ran ran = in_own_mounts(
        bed, start + "cp -a " + bed.gomodcache.string() + " $D/mod; cd $D; " + damage_it +
                 "mount --bind $D/mod $D/mod; mount -o remount,bind,ro $D/mod; " + build_in_it);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(contains(ran.out, "undefined: alpha.Extra"));
    CHECK(contains(ran.out, "Read-only file system; next: ls -ld "));
    CHECK(!contains(ran.out, "differ"));
  }
}

}  // namespace tests

// Text that anyone can print: nothing outside the caches moves, and no code of the user's runs
// twice.

#include <sys/stat.h>
#include <unistd.h>

#include "tests/bed/paths.hpp"
#include "tests/e2e/hostile.hpp"

namespace tests {
namespace {

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
        bed.gomend(build, {.env = {{"GOMEND_REAL_GO", fake_go},
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

}  // namespace tests

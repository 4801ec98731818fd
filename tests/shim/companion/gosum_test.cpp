// `gomend fix --gosum`: each kind of damage to a go.sum is undone to the byte, only what the
// checksum database vouches for is written, and what nothing vouches for is left and told.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "recovery/go/sum_text.hpp"
#include "recovery/upkeep/sum_repair.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::GoSums;
using recovery::SumText;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string wrong = "h1:brHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=";
const std::string other = "h1:crHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=";

std::string line(const std::string& module, const std::string& hash) {
  return module + " " + hash + "\n";
}

const std::string a = line("a.test/a v1.0.0", "h1:" + std::string(43, 'a') + "=");
const std::string a_mod = line("a.test/a v1.0.0/go.mod", "h1:" + std::string(43, 'm') + "=");
const std::string b = line("b.test/b v1.0.0", "h1:" + std::string(43, 'b') + "=");
const std::string p = line("private.test/p v1.0.0", "h1:" + std::string(43, 'p') + "=");
const std::string a_wrong = line("a.test/a v1.0.0", wrong);
const std::string p_wrong = line("private.test/p v1.0.0", wrong);
const std::string ours = "<<<<<<< HEAD\n", base = "||||||| 1234\n", mid = "=======\n",
                  theirs = ">>>>>>> other\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A bed whose checksum database is on, as it is by default.
struct Project {
  explicit Project(const Go& go) : bed(go), database(bed.proxy.sumdb()) {
    bed.env["GOSUMDB"] = database.with_url();
    right = read_file(file);
  }

  [[nodiscard]] Ran fix(const Args& flags = {"--yes"}) const {
    Args args = {"fix", "--gosum"};
    args.insert(args.end(), flags.begin(), flags.end());
    return bed.companion(args);
  }
  // A line of the right go.sum, "M V" or "M V/go.mod" given.
  [[nodiscard]] std::string line_of(const std::string& name) const {
    const auto at = right.find(name + " ");
    REQUIRE(at != std::string::npos);
    return right.substr(at, right.find('\n', at) + 1 - at);
  }

  Bed bed;
  Sumdb database;
  fs::path file = bed.app / "go.sum";
  std::string right;
};

}  // namespace

TEST_CASE("go.sum is judged line by line, and what is right stays as it is") {
  GoSums vouched;
  vouched.add(a + a_mod + b);
  struct Row {
    std::string name, text, wanted;
    std::size_t refused = 0;
  };
  const Row rows[] = {
      {"all right", a + a_mod + b, a + a_mod + b},
      {"no order is the wrong one", b + "\n" + a_mod + a, b + "\n" + a_mod + a},
      {"a last line without an end", b + a.substr(0, a.size() - 1), b + a.substr(0, a.size() - 1)},
      {"lines of Windows", replaced(a, "\n", "\r\n") + b, replaced(a, "\n", "\r\n") + b},
      {"right, and twice", a + b + a, a + b + a},
      {"a wrong hash", a_wrong + b, a + b},
      {"right and wrong", a + a_wrong + b, a + b},
      {"wrong and right", a_wrong + a + b, a + b},
      {"two wrong ones", a_wrong + line("a.test/a v1.0.0", other), a},
      {"a torn end", b + "a.test/a v1.0.0 h1:aaa", b + a},
      {"a torn end without a hash", b + "a.test/a v1.0", b},
      {"torn by zeros", b + std::string(512, '\0'), b},
      {"two lines in one", replaced(a, "\n", "") + b, a},
      {"a conflict", ours + a + mid + a_wrong + b + theirs, a + b},
      {"a conflict that has the base", ours + a + base + p_wrong + mid + b + theirs, a + b},
      {"both sides the same", a_mod + ours + a + mid + a + theirs, a_mod + a},
      {"a conflict of two wrong ones",
       ours + a_wrong + mid + line("a.test/a v1.0.0", other) + theirs, a},
      {"a conflict without an end", ours + a + mid + b, a + b},
      {"the end of a conflict alone", a + theirs + b, a + b},
      {"nobody vouches, but there is one", p + a, p + a},
      {"nobody vouches, the same on both sides", ours + p + mid + p + a + theirs, p + a},
      {"nobody vouches, and there are two", p + p_wrong + a_wrong, p + p_wrong + a, 1},
      {"nobody vouches, in a conflict", a_wrong + ours + p + mid + p_wrong + a_wrong + theirs,
       a + ours + p + mid + p_wrong + a_wrong + theirs, 1},
      {"another conflict is not held up",
       ours + p + mid + p_wrong + theirs + ours + a + mid + b + theirs,
       ours + p + mid + p_wrong + theirs + a + b, 1},
      {"nobody vouches, torn beside whole", p + "private.test/p v1.0.0 h1:x\n", p},
      {"nobody vouches, torn", "private.test/p v1.0.0 h1:x\n" + a,
       "private.test/p v1.0.0 h1:x\n" + a, 1},
      {"a hash of a go to come", "a.test/a v1.0.0 h2:x\n" + a, "a.test/a v1.0.0 h2:x\n" + a},
      {"words that are no line", "what is this\nthing\n" + a, a},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const SumText::Judged judged = SumText(row.text).judged_by(vouched);
    CHECK(judged.text == row.wanted);
    CHECK(judged.refused.size() == row.refused);
    CHECK(judged.diff.empty() == (row.text == row.wanted));
    // What was judged right once is right.
    const SumText::Judged again = SumText(judged.text).judged_by(vouched);
    CHECK(again.diff.empty());
  }
}

TEST_CASE("the diff of a go.sum is one that patch can apply") {
  GoSums vouched;
  vouched.add(a + a_mod + b);
  const TempDir dir;
  for (const std::string& text :
       {a_wrong + a_mod + b, b + ours + a + mid + a_wrong + theirs + a_mod, a_mod + "torn",
        p + a_wrong + a_wrong + b + "x\ny\n" + a_mod}) {
    write_file(dir.path() / "go.sum", text);
    const SumText::Judged judged = SumText(text).judged_by(vouched);
    write_file(dir.path() / "diff", "--- go.sum\n+++ go.sum\n" + judged.diff);
    const Ran ran = run({"git", "apply", "--unidiff-zero", "diff"},
                        {.env = {{"PATH", "/usr/bin:/bin"}}, .cwd = dir.path()});
    INFO(judged.diff << ran.text());
    CHECK(ran.code() == 0);
    CHECK(read_file(dir.path() / "go.sum") == judged.text);
  }
}

TEST_CASE("fix --gosum: each damage is undone to the byte, and a bad cache vouches for nothing",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Project project(go);
      const Bed& bed = project.bed;
      const std::string right = project.right;
      const std::string zip_line = project.line_of("github.com/acme/alpha v1.1.0");
      const std::string mod_line = project.line_of("github.com/acme/beta/v2 v2.3.0/go.mod");
      const std::string bad_zip = line("github.com/acme/alpha v1.1.0", wrong);
      const std::string bad_mod = line("github.com/acme/beta/v2 v2.3.0/go.mod", wrong);
      // A zip that is another one, and whose ziphash says that it is right.
      rezip(bed.zip(alpha), "edited");
      write_file(bed.download(alpha, ".ziphash"), h1_of(bed.zip(alpha)));
      write_file(bed.gomodcache / ("cache/download/sumdb/" + project.database.name() +
                                   "/lookup/github.com/acme/alpha@v1.1.0"),
                 "1\n" + bad_zip + "\n");
      const std::string of_cache = line("github.com/acme/alpha v1.1.0", h1_of(bed.zip(alpha)));
      REQUIRE(of_cache != zip_line);
      std::string text = replaced(right, zip_line, bad_zip);
      text = replaced(text, mod_line, ours + bad_mod + mid + mod_line + theirs);
      for (const std::string& damaged :
           {text, replaced(right, zip_line, of_cache), right + of_cache, bad_zip + right,
            right + "github.com/acme/alpha v1.1.0 h1:abc", right.substr(0, right.size() - 20)}) {
        write_file(project.file, damaged);
        fs::permissions(project.file, fs::perms{0640});
        const Ran ran = project.fix();
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(read_file(project.file) == right);
        CHECK(fs::status(project.file).permissions() == fs::perms{0640});
        const std::string mark = "backup: ";
        const auto at = ran.out.find(mark);
        REQUIRE(at != std::string::npos);
        const auto begin = at + mark.size();
        CHECK(read_file(ran.out.substr(begin, ran.out.find('\n', at) - begin)) == damaged);
      }
      const Ran again = project.fix();
      CHECK(again.code() == 0);
      CHECK(again.out.find(" verified\n") != std::string::npos);
      CHECK(again.out.find("@@") == std::string::npos);
    }
  }
}

TEST_CASE("fix --gosum: nothing is written unasked; a link stays one, go.mod as it is", "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  const std::string go_mod = read_file(bed.app / "go.mod");
  const std::string damaged = replaced(project.right, "h1:", "<<<<<<<");
  fs::rename(project.file, bed.tmp / "sums");
  write_file(bed.tmp / "sums", damaged);
  fs::create_symlink(bed.tmp / "sums", project.file);
  const Ran shown = project.fix({"--dry-run"});
  INFO(shown.text());
  CHECK(shown.code() == 0);
  CHECK(shown.out.find("\n+") != std::string::npos);
  CHECK(read_file(project.file) == damaged);
  const Ran nobody = project.fix({});
  CHECK(nobody.code() == 2);
  CHECK(nobody.err.find("no terminal to ask on") != std::string::npos);
  CHECK(read_file(project.file) == damaged);
  const Json object = json_of(project.fix({"--json", "--yes"}))["files"][0];
  CHECK(object["written"] == true);
  CHECK(object["refused"] == Json::array());
  CHECK(read_file(bed.tmp / "sums") == project.right);
  CHECK(fs::is_symlink(project.file));
  CHECK(read_file(bed.app / "go.mod") == go_mod);
  CHECK(bed.go({"build", "./..."}).code() == 0);
}

TEST_CASE("fix --gosum: a hash that the database refuted, and go noted all the same, goes",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Project project(go);
      Bed& bed = project.bed;
      const std::string zip_line = project.line_of("github.com/acme/alpha v1.1.0");
      write_file(project.file, replaced(project.right, zip_line, ""));
      remove_tree(bed.tree(alpha));
      for (const char* extension : {".zip", ".ziphash"}) fs::remove(bed.download(alpha, extension));
      bed.proxy.fault({.match = "alpha/@v/v1.1.0.zip$", .kind = "wrong"});
      const Ran ran = bed.gomend({"build", "-mod=mod", "./..."});
      INFO(ran.text());
      REQUIRE(ran.code() == 1);
      const bool is_noted =
          read_file(project.file).find("github.com/acme/alpha v1.1.0 h1:") != std::string::npos;
      if (!is_noted) return;  // older ones do not
      CHECK(ran.err.find("; run: gomend fix --gosum\n") != std::string::npos);
      const Ran fix = bed.companion({"fix", "--yes"}, {.cwd = "/"});
      INFO(fix.text());
      CHECK(fix.code() == 0);
      CHECK(read_file(project.file).find(zip_line) != std::string::npos);
      CHECK(read_file(project.file).size() == project.right.size());
      bed.proxy.clear();
      CHECK(bed.go({"build", "./..."}).code() == 0);
    }
  }
}

TEST_CASE("fix --gosum: what nothing vouches for is left, and told", "[e2e]") {
  Project project(gos().back());
  Bed& bed = project.bed;
  const std::string one = project.line_of("github.com/acme/alpha v1.1.0");
  const std::string two = line("github.com/acme/alpha v1.1.0", wrong);
  const std::string gamma = project.line_of("github.com/BurntSynth/Gamma v0.4.0");
  const std::string conflict = replaced(project.right, one, ours + one + mid + two + theirs);
  const std::string bad_gamma = line("github.com/BurntSynth/Gamma v0.4.0", wrong);
  const std::string damaged = replaced(conflict, gamma, bad_gamma);
  struct Row {
    std::string name, why;
    std::function<void()> make;
    std::string wanted;
  };
  const Row rows[] = {
      {"a private module", "covered by GONOSUMDB or GOPRIVATE",
       [&] { bed.env["GOPRIVATE"] = "github.com/acme"; }, conflict},
      {"no database", "GOSUMDB=off", [&] { bed.env["GOSUMDB"] = "off"; }, damaged},
      {"a database that is away", "not verified by ",
       [&] { project.database.fault({.kind = "status", .status = 404}); }, damaged},
      {"a source that is away", "not verified by ", [&] { bed.env["GOPROXY"] = "off"; }, damaged},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      row.make();
      write_file(project.file, damaged);
      const Ran ran = project.fix();
      INFO(ran.text());
      CHECK(ran.code() == 1);
      CHECK(ran.out.find("its lines contradict each other") != std::string::npos);
      CHECK(ran.out.find(row.why) != std::string::npos);
      CHECK(read_file(project.file) == row.wanted);
    }
  }
}

TEST_CASE("fix --gosum: a workspace's files are set right, too", "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  write_file(bed.app / "go.work", "go 1.19\n\nuse .\n");
  write_file(bed.app / "go.work.sum", line("github.com/acme/alpha v1.0.0", wrong));
  const Ran ran = project.fix();
  INFO(ran.text());
  CHECK(ran.code() == 0);
  const std::string sums = read_file(bed.app / "go.work.sum");
  CHECK(sums.starts_with("github.com/acme/alpha v1.0.0 h1:"));
  CHECK(sums.find(wrong) == sums.npos);
  CHECK(read_file(project.file) == project.right);
}

TEST_CASE("fix --gosum: what can't be read, kept or written gets one line and status 2", "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  const std::string damaged =
      replaced(project.right, project.line_of("github.com/acme/alpha v1.1.0"),
               line("github.com/acme/alpha v1.1.0", wrong));
  const auto refused = [&](const Ran& ran) {
    INFO(ran.text());
    CHECK(ran.code() == 2);
    CHECK(std::ranges::count(ran.err, '\n') == 1);
    CHECK(ran.err.starts_with("gomend: fix: "));
  };
  SECTION("no go.mod") {
    refused(bed.companion({"fix", "--gosum", "--yes"}, {.cwd = bed.tmp}));
  }
  SECTION("no go.sum") {
    fs::remove(project.file);
    refused(project.fix());
  }
  SECTION("a directory") {
    fs::remove(project.file);
    fs::create_directory(project.file);
    refused(project.fix());
  }
  SECTION("nothing of a go.sum") {
    write_file(project.file, std::string(100000, '\0'));
    refused(project.fix());
    CHECK(read_file(project.file).size() == 100000);
  }
  SECTION("a gigabyte") {
    fs::resize_file(project.file, 1 << 30);
    refused(project.fix());
  }
  SECTION("a link to nowhere") {
    fs::remove(project.file);
    fs::create_symlink("/proc/nosuch/go.sum", project.file);
    refused(project.fix());
  }
  SECTION("the old one can't be kept") {
    write_file(bed.home / ".local/state", "a file");
    write_file(project.file, damaged);
    refused(project.fix());
    CHECK(read_file(project.file) == damaged);
  }
  SECTION("it has changed meanwhile") {
    write_file(project.file, damaged + "\n");
    recovery::SumRepair repair;
    repair.file = project.file;
    repair.old_text = damaged;
    CHECK_THROWS(recovery::write_sum({"HOME=" + bed.home.string()}, repair));
    CHECK(read_file(project.file) == damaged + "\n");
  }
}

}  // namespace tests

// What gomend says, where, and how to have it otherwise: GOMEND, GOMEND_QUIET, GOMEND_TRACE, the
// notice in GitHub Actions, the journal. One fault is enough: a lost source file, which the cached
// zip gives back.

#include <functional>

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string lost = ": extracted directory is corrupt (1 file missing)";
const Args build = {"build", "./..."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

void lose_a_file(const Bed& bed) {
  remove_tree(bed.tree(alpha) / "extra.go");
}

fs::path journal(const Bed& bed) {
  return bed.home / ".local/state/gomend/journal.jsonl";
}

mode_t mode_of(const fs::path& path) {
  return snapshot(path).at(".").mode;
}

}  // namespace

TEST_CASE("each repair is one line that tells what happened and what was done", "[e2e]") {
  const Bed bed(gos().back());
  lose_a_file(bed);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  const auto words = gomend_words(ran.err);
  REQUIRE(words.size() == 1);
  CHECK(words[0].starts_with(alpha + lost + "; extracted again from the cached zip"));
}

TEST_CASE("GOMEND=off becomes the real go at once, and mends nothing", "[e2e]") {
  Bed bed(gos().back());
  lose_a_file(bed);
  const Snapshot modules = bed.modules();
  SECTION("real go") {
    bed.env["GOMEND"] = "off";
    const Ran plain = bed.go(build);
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == plain.code());
    CHECK(ran.err == plain.err);
    CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
    CHECK(!fs::exists(journal(bed)));
  }
  SECTION("the same process") {
    const fs::path pid = bed.tmp / "pid";
    const Ran ran = run({"/bin/sh", "-c", "echo $$; exec " + bed.shim.string() + " build"},
                        {.env = {{"PATH", bed.env.at("PATH")},
                                 {"HOME", bed.home.string()},
                                 {"GOMEND", "off"},
                                 {"GOMEND_REAL_GO", fake_go},
                                 {"FAKE_GO", "pid " + pid.string() + "; exit 3"}}});
    CHECK(ran.code() == 3);
    CHECK(read_file(pid) == ran.out);
  }
}

TEST_CASE("GOMEND=advise says what it would do, does nothing, and ends as go did", "[e2e]") {
  struct Row {
    std::string name, words;
    std::function<void(const Bed&)> damage_it;
  };
  const std::vector<Row> rows = {
      {"a lost file", alpha + lost, lose_a_file},
      {"a broken zip", alpha + ": cached zip is corrupt",
       [](const Bed& bed) {
         remove_tree(bed.tree(alpha));
         damage(bed.zip(alpha), "half");
       }},
      {"a source that gives wrong bytes", alpha + ": 127.0.0.1",
       [](const Bed& bed) {
         remove_tree(bed.tree(alpha));
         fs::remove(bed.zip(alpha));
         fs::remove(bed.download(alpha, ".ziphash"));
         bed.proxy.fault({.match = "alpha.*zip$", .kind = "wrong"});
       }},
  };
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Row& row = rows[n];
    for (const Go& go : gos_of_row(n)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        Bed bed(go);
        const Source second;
        bed.env["GOMEND"] = "advise";
        bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
        bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
        row.damage_it(bed);
        (void)bed.go(build);
        const Ran plain = bed.go(build);
        second.clear_log();
        const Snapshot modules = bed.modules();
        const Snapshot builds = bed.builds();
        const Snapshot home = snapshot(bed.home);
        const Witness witness(bed);
        const Ran ran = bed.gomend(build);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
        CHECK(plain.code() != 0);
        CHECK(ran.code() == plain.code());
        CHECK(go_words(ran.err) == go_words(plain.err));
        const auto words = gomend_words(ran.err);
        REQUIRE(words.size() == 1);
        CHECK(words[0].starts_with(row.words));
        CHECK(contains(words[0], "GOMEND=advise"));
        CHECK(lost_or_changed(modules, bed.modules(), {.ignore = {"*.tmp"}, .inodes = true}) == "");
        CHECK(lost_or_changed(builds, bed.builds(), {.inodes = true}) == "");
        CHECK(difference(home, snapshot(bed.home), {.inodes = true}) == "");
        CHECK(witness.changes() == "");
        CHECK(second.log_text() == "");
      }
    }
  }
}

TEST_CASE("go mod verify is answered, and its advice names the command that repairs", "[e2e]") {
  const Bed bed(gos().back());
  lose_a_file(bed);
  const Args args = {"mod", "verify"};
  const Ran plain = bed.go(args);
  const Snapshot modules = bed.modules();
  const Ran ran = bed.gomend(args);
  INFO(ran.text());
  CHECK(plain.code() == 1);
  CHECK(ran.code() == 1);
  CHECK(ran.out == plain.out);
  CHECK(go_words(ran.err) == go_words(plain.err));
  CHECK(contains(ran.err, "gomend verify --repair"));
  CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
}

TEST_CASE("GOMEND_QUIET=1 mends and prints nothing of gomend's own", "[e2e]") {
  Bed bed(gos().back());
  bed.env["GOMEND_QUIET"] = "1";
  bed.env["GITHUB_ACTIONS"] = "true";
  SECTION("mended") {
    lose_a_file(bed);
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(!contains(ran.text(), "gomend:"));
    CHECK(fs::exists(bed.tree(alpha) / "extra.go"));
    CHECK(fs::exists(journal(bed)));
  }
  SECTION("advice") {
    remove_tree(bed.tree(alpha));
    damage(bed.zip(alpha), "half");
    bed.env["GOPROXY"] = "off";
    const Ran plain = bed.go(build);
    const Ran ran = bed.gomend(build);
    CHECK(ran.code() == plain.code());
    CHECK(go_words(ran.err) == go_words(plain.err));
    CHECK(gomend_words(ran.err).empty());
  }
}

TEST_CASE("GOMEND_TRACE tells each step with its timing, on stderr or in a file", "[e2e]") {
  Bed bed(gos().back());
  lose_a_file(bed);
  SECTION("on stderr") {
    bed.env["GOMEND_TRACE"] = "1";
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(contains(ran.err, "gomend: trace: "));
    CHECK(contains(ran.err, " ms  diagnosis: other/compile"));
    CHECK(contains(ran.err, " ms  repair " + alpha));
    CHECK(contains(ran.err, " ms  running go again"));
  }
  SECTION("in a file") {
    const fs::path file = bed.tmp / "trace";
    bed.env["GOMEND_TRACE"] = file.string();
    const Ran ran = bed.gomend(build);
    CHECK(ran.code() == 0);
    CHECK(!contains(ran.err, "trace"));
    CHECK(contains(read_file(file), " ms  repair " + alpha));
    CHECK(mode_of(file) == 0600);
  }
  SECTION("and changes nothing when go succeeds") {
    bed.env["GOMEND_TRACE"] = (bed.tmp / "trace").string();
    const Ran ran = bed.gomend({"list", "std"});
    CHECK(ran.code() == 0);
    CHECK(ran.err == "");
  }
}

TEST_CASE("in GitHub Actions the line is a notice too, without private names", "[e2e]") {
  Bed bed(gos().back());
  lose_a_file(bed);
  bed.env["GITHUB_ACTIONS"] = "true";
  SECTION("of a public module") {
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(contains(ran.err, "gomend: " + alpha + lost));
    CHECK(contains(ran.err, "\n::notice title=gomend::" + alpha + lost));
  }
  SECTION("of a private one") {
    bed.env["GOPRIVATE"] = "github.com/acme/*";
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(contains(ran.err, "gomend: " + alpha + lost));
    const auto notice = ran.err.find("::notice title=gomend::");
    REQUIRE(notice != std::string::npos);
    const std::string line = ran.err.substr(notice, ran.err.find('\n', notice) - notice);
    CHECK(!contains(line, "alpha"));
    CHECK(contains(line, "corrupt"));
  }
}

TEST_CASE("a password in GOPROXY is in none of gomend's words, notices and records", "[e2e]") {
  Bed bed(gos().back());
  const Source second;
  std::string with_password = bed.proxy.url();  // go refuses to send it without TLS
  with_password.insert(with_password.find("://") + 3, "robot:s3cret@");
  bed.env["GOPROXY"] = bed.proxy.url() + "," + with_password + "|" + second.url();
  bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
  bed.env["GITHUB_ACTIONS"] = "true";
  bed.env["GOMEND_TRACE"] = (bed.tmp / "trace").string();
  remove_tree(bed.tree(alpha));
  fs::remove(bed.zip(alpha));
  fs::remove(bed.download(alpha, ".ziphash"));
  bed.proxy.fault({.match = "alpha.*zip$", .kind = "wrong"});
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(!contains(ran.err, "s3cret"));
  CHECK(!contains(read_file(journal(bed)), "s3cret"));
  CHECK(!contains(read_file(bed.tmp / "trace"), "s3cret"));
}

TEST_CASE("every repair is a line of the journal, which only its owner can read", "[e2e]") {
  Bed bed(gos().back());
  lose_a_file(bed);
  fs::path state = bed.home / ".local/state";
  SECTION("below HOME") {}
  SECTION("below XDG_STATE_HOME") {
    state = bed.tmp / "state";
    bed.env["XDG_STATE_HOME"] = state.string();
  }
  REQUIRE(bed.gomend(build).code() == 0);
  CHECK(mode_of(state / "gomend") == 0700);
  CHECK(mode_of(state / "gomend/journal.jsonl") == 0600);
  const std::string text = read_file(state / "gomend/journal.jsonl");
  CHECK(text.find('\n') == text.size() - 1);
  const Json line = Json::parse(text);
  CHECK(line["module"] == alpha);
  CHECK(line["class"] == "other/compile");
  CHECK(line["findings"][0] == "extracted directory is corrupt (1 file missing)");
  CHECK(line["v"] == 2);
  CHECK(line["action"] == "extracted");
  CHECK(line["done"] == "extracted again from the cached zip");
  CHECK(line["cache"] == bed.gomodcache.string());
  CHECK(line["time"].text().ends_with("Z"));
  REQUIRE(bed.gomend(build).code() == 0);
  CHECK(read_file(state / "gomend/journal.jsonl") == text);
}

TEST_CASE("what is replaced is kept in quarantine, and the journal says where", "[e2e]") {
  const Bed bed(gos().back());
  const fs::path file = bed.tree(alpha) / "alpha.go";
  damage(file, "garbage");
  const std::string garbage = read_file(file);
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  CHECK(read_file(file) != garbage);
  const fs::path quarantine = bed.gomodcache / "cache/gomend/quarantine";
  std::vector<fs::path> kept;
  for (const auto& entry : fs::directory_iterator(quarantine)) {
    if (entry.is_directory()) kept.push_back(entry.path());
  }
  REQUIRE(kept.size() == 1);
  CHECK(read_file(kept[0] / "github.com/acme/alpha@v1.1.0/alpha.go") == garbage);
  const Json line = Json::parse(read_file(journal(bed)));
  CHECK(line["quarantine"] == kept[0].filename().string());
  CHECK(line["replaced"] == std::vector<std::string>{"github.com/acme/alpha@v1.1.0/alpha.go"});
  CHECK(bed.companion({"history"}).out.find(alpha) != std::string::npos);
  const Ran restored = bed.companion({"restore"});
  INFO(restored.text());
  CHECK(restored.code() == 0);
  CHECK(read_file(file) == garbage);
}

TEST_CASE("in CI nothing that is replaced is kept", "[e2e]") {
  Bed bed(gos().back());
  bed.env.erase("GOMEND_KEEP");
  bed.env["CI"] = "true";
  damage(bed.tree(alpha) / "alpha.go", "garbage");
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  const fs::path quarantine = bed.gomodcache / "cache/gomend/quarantine";
  CHECK((!fs::exists(quarantine) || fs::is_empty(quarantine)));
  CHECK(bed.companion({"history"}).out.find("(quarantine: ") == std::string::npos);
  CHECK(bed.companion({"restore"}).code() == 1);
}

}  // namespace tests

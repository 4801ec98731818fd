// gomend's own settings (issue 15.27): a value that is none of those that are known is told, by
// status, by doctor, and by the shim where it has something to say anyway; never on success.

#include "recovery/settings/own_settings.hpp"

#include "recovery/settings/config.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Mode;

const std::string beta = "github.com/acme/beta/v2@v2.3.0";

bool has(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

struct Home {
  [[nodiscard]] recovery::Config read(const std::string& text,
                                      std::vector<std::string> env = {}) const {
    const fs::path file = dir.path() / ".config/gomend/config.toml";
    write_file(file, text);
    fs::permissions(file, fs::perms{0644});
    env.push_back("HOME=" + dir.path().string());
    return recovery::read_config(env, "");
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("GOMEND and its switches are read in any case, and nothing is taken for another",
          "[recovery]") {
  for (const char* off : {"off", "OFF", "Off", "0", "false", "FALSE", "no"})
    CHECK(recovery::mode_of(off) == Mode::off);
  for (const char* on : {"", "on", "ON", "1", "true", "Yes"})
    CHECK(recovery::mode_of(on) == Mode::on);
  CHECK(recovery::mode_of("Advise") == Mode::advise);
  for (const char* none : {"of", "offf", " off", "2", "advice", "-1"})
    CHECK(!recovery::mode_of(none));
  for (const char* yes : {"1", "true", "YES", "on"}) CHECK(recovery::switch_of(yes) == true);
  for (const char* no : {"0", "False", "no", "OFF", ""}) CHECK(recovery::switch_of(no) == false);
  for (const char* none : {"y", "quiet", "01"}) CHECK(!recovery::switch_of(none));
}

TEST_CASE("a variable that is unknown, or whose value does not count, is told", "[recovery]") {
  using recovery::complaints_about;
  CHECK(complaints_about(
            {"GOMEND=", "GOMEND_QUIET=true", "GOMEND_TRACE=/x/y", "GOMEND_KEEP=no",
             "GOMEND_KEEP_DAYS=3", "GOMEND_STALL=60", "GOMEND_PATIENCE=0", "GOMENDER=x", "HOME=/x",
             "GOMEND_PUBLIC=https://a.example,https://b.example",
             "GOMEND_FALLBACK=https://a.example|direct", "GOMEND_SUMDB=https://sum.example"})
            .empty());
  for (const char* wrong :
       {"GOMEND=of", "GOMEND_QUIET=please", "GOMEND_KEEP=maybe", "GOMEND_KEEP_DAYS=2w",
        "GOMEND_KEEP_DAYS=-1", "GOMEND_KEEP_MIB=1G", "GOMEND_STALL=1m", "GOMEND_STALL=99999999",
        "GOMEND_PATIENCE=-1", "GOMEND_PATIENCE=5m", "GOMEND_QUIT=1", "GOMEND_REALGO=/x",
        "GOMEND_PUBLIC=proxy.example", "GOMEND_SUMDB=off"}) {
    INFO(wrong);
    const auto told = complaints_about({wrong});
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with(std::string(wrong).substr(0, std::string(wrong).find('='))));
  }
  CHECK(!has(complaints_about({"GOMEND_FALLBACK=me:secret@proxy.example"})[0], "secret"));
}

TEST_CASE("config.toml: what is right counts, what is not is told with its line", "[recovery]") {
  const Home home;
  auto config = home.read(
      "fallback = [\"https://mirror.example\"]\nfalback = [\"https://x.example\"]\n"
      "keep = \"yes\"\nkeep_days = -1\npublic = \"https://p.example\"\nsumdb = 3\n"
      "keep_mib = 7\n[table]\nx = 1\n");
  CHECK(config.fallback == Args{"https://mirror.example"});
  CHECK(config.public_proxies.empty());
  CHECK(config.keep.mib == 7u);
  CHECK(!config.keep.at_all);
  std::string told;
  for (const std::string& one : config.complaints) told += one + "\n";
  INFO(told);
  CHECK(config.complaints.size() == 6);
  CHECK(has(told, "config.toml:2: unknown key falback\n"));
  CHECK(has(told, "config.toml:3: keep must be true or false\n"));
  CHECK(has(told, "config.toml:4: keep_days must be a number from 0 to 36500\n"));
  CHECK(has(told, "config.toml:5: public must be a list of strings\n"));
  CHECK(has(told, "config.toml:6: sumdb must be a string\n"));

  config = home.read("fallback = [\"https://mirror.example\"]\nkeep = \n");
  CHECK(config.fallback.empty());
  REQUIRE(config.complaints.size() == 1);
  CHECK(has(config.complaints[0], "config.toml:2: "));
  CHECK(has(config.complaints[0], "; the file is ignored"));

  config = home.read("public = [\"https://p.example\", 3]\n");
  CHECK(config.public_proxies.empty());
  CHECK(config.complaints.size() == 1);

  CHECK(home.read("").complaints.empty());
  CHECK(home.read("keep = true\n", {"GOMEND=of"}).complaints.size() == 1);
}

TEST_CASE("GOMEND=OFF, false and no turn it off; advise is read in any case") {
  for (const char* off : {"off", "OFF", "0", "False", "no"}) {
    const GoRun run =
        run_go({"build"}, "fds; out x", {.env = {std::string("GOMEND=") + off}, .input = {}});
    const GoRun plain = run_go({"build"}, "fds; out x", {.env = {"GOMEND=off"}, .input = {}});
    CHECK(run.out == plain.out);
  }
}

TEST_CASE("a setting that does not count is told by who tells, and by nobody on success", "[e2e]") {
  Bed bed(gos().back());
  bed.env["GOMEND"] = "of";
  write_file(bed.home / ".config/gomend/config.toml", "falback = []\n");
  fs::permissions(bed.home / ".config/gomend/config.toml", fs::perms{0644});
  const std::string mode = "GOMEND=of: not on, advise or off; read as on";
  const std::string key = "config.toml:1: unknown key falback";
  const Ran fine = bed.gomend({"build", "./..."});
  CHECK(fine.code() == 0);
  CHECK(fine.text().find("gomend:") == std::string::npos);
  const Ran own = bed.gomend({"build", "./nosuch"});  // a failure of the user's own
  CHECK(!has(own.text(), "GOMEND=of"));
  for (const Args& command : {Args{"status"}, Args{"doctor"}}) {
    const Ran ran = bed.companion(command);
    INFO(ran.text());
    CHECK(has(ran.out, mode));
    CHECK(has(ran.out, key));
  }
  CHECK(json_of(bed.companion({"status", "--json"}))["complaints"].size() == 2);
  damage(bed.zip(beta), "half");
  remove_tree(bed.tree(beta));
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(has(ran.err, "gomend: " + mode + "\n"));
  CHECK(has(ran.err, key + "\n"));
  CHECK(ran.err.find(mode) == ran.err.rfind(mode));
  bed.env["GOMEND_QUIET"] = "true";
  damage(bed.zip(beta), "half");
  remove_tree(bed.tree(beta));
  const Ran quiet = bed.gomend({"build", "./..."});
  CHECK(quiet.code() == 0);
  CHECK(!has(quiet.err, "gomend: "));
}

}  // namespace tests

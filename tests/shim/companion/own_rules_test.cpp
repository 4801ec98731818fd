// Rules of the user's own: what counts, what is told of what does not, and that none of them can do
// more than point.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "patterns/matcher.hpp"
#include "patterns/rule_file.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

const std::string vpn = R"([[rule]]
name = "vpn"
class = "user/vpn"
advice = "{module} is reached through the VPN only; run: vpn up"
when = 'company gate: no way to {mod}$'
eg = 'company gate: no way to git.corp.example/lib'
)";

// go's words of a damaged zip, as a company's wrapper puts them.
const std::string wrapped = R"([[rule]]
name = "wrapped-zip"
class = "cache/zip-corrupt"
remedy = "evict"
when = 'wrapper says: bad archive {path}'
eg = 'wrapper says: bad archive /m/cache/download/a.test/b/@v/v1.0.0.zip'

[[words]]
name = "path"
is = '(?<path>/\S+\.zip)'
)";

std::vector<patterns::Rule> parsed(const std::string& text) {
  return patterns::parse_user_rules({"mine.toml", text});
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Home {
  explicit Home(const Go& go) : bed(go), rules(bed.home / ".config/gomend/rules") {}
  void write(const std::string& name, const std::string& text) const {
    write_file(rules / name, text);
    fs::permissions(rules / name, fs::perms{0600});
    fs::permissions(rules, fs::perms{0700});
  }
  [[nodiscard]] Ran patterns(Args args, const RunOptions& options = {}) const {
    args.insert(args.begin(), "patterns");
    return bed.companion(args, options);
  }
  // What is go here says these words, and fails.
  [[nodiscard]] Ran failing_go(const std::string& words) const {
    const fs::path script = bed.tmp / "go";
    write_file(script, "#!/bin/sh\ncase $1 in env) exec " + bed.toolchain.path.string() +
                           " \"$@\";; esac\necho '" + words + "' >&2\nexit 1\n");
    fs::permissions(script, fs::perms{0755});
    return bed.gomend({"build", "./..."}, {.env = {{"GOMEND_REAL_GO", script.string()}}});
  }

  Bed bed;
  fs::path rules;
};

}  // namespace

TEST_CASE("own rules: what a file may not hold is told with its line") {
  CHECK(parsed(vpn).size() == 1);
  CHECK(parsed(wrapped).size() == 1);
  CHECK(parsed("").empty());
  struct Row {
    std::string text, words;
  };
  const Row rows[] = {
      {"x", "mine.toml:1: "},
      {"[[rule]]\nname = \"x", "mine.toml:2: "},
      {"a = 1\n", "mine.toml:1: a rule file has [[rule]] and [[words]] only"},
      {"\nprefixes = ['x']\n", "mine.toml:2: a rule file has"},
      {"[[rule]]\n", "mine.toml:1: a rule without name"},
      {with(vpn, "advice = ", "advise = "), "mine.toml:4: a rule has no 'advise'"},
      {with(vpn, "name = ", "alone = true\nname = "), "mine.toml:2: a rule has no 'alone'"},
      {with(vpn, "\"vpn\"", "3"), "mine.toml:2: 'name' is no text"},
      {with(vpn, "user/vpn", "user/"), "mine.toml:3: 'user/' is no class"},
      {with(vpn, "user/vpn", "other/compile"), "mine.toml:3: 'other/compile' is no class"},
      {with(vpn, "user/vpn", "cache/nosuch"), "mine.toml:3: 'cache/nosuch' is no class"},
      {with(vpn, "user/vpn", "cache/zip-corrupt"), "mine.toml:1: a rule without remedy"},
      {with(vpn, "advice", "remedy = \"evict\"\nadvice"), "there is no remedy 'evict'"},
      {with(wrapped, "\"evict\"", "\"rm\""), "there is no remedy 'rm'"},
      {with(wrapped, "\"evict\"", "\"none\""), "there is no remedy 'none'"},
      {with(wrapped, "remedy", "advice = \"x\"\nremedy"), "mine.toml:4: only a rule of a class"},
      {with(wrapped, "remedy", "flags = [\"nosuch\"]\nremedy"),
       "mine.toml:4: there is no flag 'nosuch'"},
      {with(wrapped, "remedy", "flags = [1]\nremedy"), "mine.toml:4: 'flags' is no text or list"},
      {with(vpn, "{mod}", "(?<module"), "mine.toml:5: "},
      {with(vpn, "company gate: no way to {mod}$", "(a|b)+c?.*"), "mine.toml:5: a 'when' needs"},
      {with(vpn, "company", std::string(5000, 'x')), "mine.toml:5: a 'when' is too long"},
      {"[[words]]\nname = 'a'\nis = '" + std::string(3000, 'x') +
           "'\n[[words]]\nname = 'b'\nis = '{a}{a}'\n",
       "mine.toml:4: a word is too long"},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 300));
    std::string error;
    try {
      (void)parsed(row.text);
    } catch (const std::runtime_error& failure) {
      error = failure.what();
    }
    INFO(error);
    CHECK(error.find(row.words) != std::string::npos);
  }
}

TEST_CASE("own rules: they come behind gomend's own, which none can keep from its lines") {
  const std::string line =
      "-> unzip /m/cache/download/a.test/b/@v/v1.0.0.zip: zip: checksum error\n";
  const auto rules = parsed(with(vpn, "company gate: no way to {mod}$", "zip: checksum error"));
  const auto ours = patterns::diagnose(line);
  REQUIRE(ours.size() == 1);
  CHECK(patterns::diagnose(line, rules) == ours);
  const auto both = patterns::diagnose("x: zip: checksum error of mine\n" + line, rules);
  REQUIRE(!both.empty());
  CHECK(both.front().class_id == "cache/zip-corrupt");
}

TEST_CASE("own rules: an expression that never ends is given up, and the others go on") {
  const auto rules = parsed(with(vpn, "company gate: no way to {mod}$", "gate(a+)+(b+)+c$") +
                            with(vpn, "company gate: no way to {mod}$", "gate(?<symbol>a)"));
  std::string text;
  for (int i = 0; i < 200; ++i) text += "gate" + std::string(3000, 'a') + "\n";
  const auto found = patterns::diagnose(text, rules);
  REQUIRE(!found.empty());
  CHECK(found.front().symbol == "a");
}

TEST_CASE("patterns list, test, where: gomend's rules and one's own", "[e2e]") {
  const Home home(gos().back());
  home.write("mine.toml", vpn);
  home.write("zip.toml", wrapped);
  Ran ran = home.patterns({"where"});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out == home.rules.string() + "\n  " + (home.rules / "mine.toml").string() +
                       ": 1 rule\n  " + (home.rules / "zip.toml").string() + ": 1 rule\n");
  ran = home.patterns({"list", "--json"});
  const std::vector<Json> rules = json_of(ran)["rules"].elements();
  CHECK(rules.size() > 100);
  CHECK(rules.front()["from"] == "05-program.toml");
  CHECK(rules.back()["from"] == (home.rules / "zip.toml").string());
  CHECK(rules.back()["class"] == "cache/zip-corrupt");
  CHECK(home.patterns({"list"}).out.find("company gate: no way to") != std::string::npos);
  write_file(home.bed.tmp / "log", "2026-01-01 noise\ncompany gate: no way to a.test/b\n");
  ran = home.patterns({"test", (home.bed.tmp / "log").string()});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out.starts_with("company gate: no way to a.test/b\n    user/vpn  user:vpn"));
  ran = home.patterns({"test", "-"}, {.input = "nothing of interest\n"});
  CHECK(ran.code() == 1);
  // explain knows them, too.
  ran = home.bed.companion({"explain", (home.bed.tmp / "log").string(), "--json"});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(json_of(ran)["command"] == "vpn up");
  CHECK(json_of(ran)["summary"] == "a.test/b is reached through the VPN only");
}

TEST_CASE("own rules: gomend as go gives their advice, and looks where they point", "[e2e]") {
  const Home home(gos().back());
  home.write("mine.toml", vpn);
  home.write("zip.toml", wrapped);
  const Ran advised = home.failing_go("company gate: no way to git.corp.example/lib");
  INFO(advised.text());
  CHECK(advised.code() == 1);
  CHECK(advised.err ==
        "company gate: no way to git.corp.example/lib\n"
        "gomend: git.corp.example/lib is reached through the VPN only; run: vpn up\n");
  // A name that is none is put into no command.
  const Ran hostile = home.failing_go("company gate: no way to $(x)");
  CHECK(hostile.err == "company gate: no way to $(x)\n");
  const std::string zip = home.bed.zip(alpha).string();
  const Snapshot sound = home.bed.modules();
  const Ran looked = home.failing_go("wrapper says: bad archive " + zip);
  INFO(looked.text());
  CHECK(looked.code() == 1);
  CHECK(difference(sound, home.bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
  damage(zip, "half");
  const Ran repaired = home.failing_go("wrapper says: bad archive " + zip);
  INFO(repaired.text());
  CHECK(repaired.err.find(alpha + ": cached zip is corrupt") != std::string::npos);
  CHECK(difference(sound, home.bed.modules(), {.ignore = {"*.lock", "*.zip", "cache/gomend"}}) ==
        "");
  // Nor can a file be named that is no module's.
  write_file(home.bed.tmp / "precious.zip", "precious");
  const Ran outside =
      home.failing_go("wrapper says: bad archive " + (home.bed.tmp / "precious.zip").string());
  CHECK(outside.code() == 1);
  CHECK(read_file(home.bed.tmp / "precious.zip") == "precious");
}

TEST_CASE("own rules: a file that does not count is told by the companion, and go is plain",
          "[e2e]") {
  Home home(gos().back());
  const Bed& bed = home.bed;
  home.write("mine.toml", vpn);
  const std::string words = "company gate: no way to git.corp.example/lib";
  struct Row {
    std::string name, why;
    std::function<void()> make;
    bool as_root = true;
  };
  const Row rows[] = {
      {"broken", "mine.toml:1: ", [&] { home.write("mine.toml", "]"); }},
      {"noise", "mine.toml:1: ",
       [&] {
         std::string text(1000, '[');
         text[0] = '\0';
         text[1] = '\xff';
         home.write("mine.toml", text);
       }},
      {"writable for others", "writable by others",
       [&] { fs::permissions(home.rules / "mine.toml", fs::perms{0666}); }},
      {"in a directory that is", "writable by others",
       [&] { fs::permissions(home.rules, fs::perms{0777}); }},
      {"a gigabyte", "larger than 64 KiB",
       [&] { fs::resize_file(home.rules / "mine.toml", 1 << 30); }},
      {"a directory", "not a regular file",
       [&] {
         fs::remove(home.rules / "mine.toml");
         fs::create_directory(home.rules / "mine.toml");
       }},
      {"a link to nowhere", "a dangling link",
       [&] {
         fs::remove(home.rules / "mine.toml");
         fs::create_symlink("/proc/nosuch", home.rules / "mine.toml");
       }},
      {"a FIFO", "not a regular file",
       [&] {
         fs::remove(home.rules / "mine.toml");
         REQUIRE(mkfifo((home.rules / "mine.toml").c_str(), 0600) == 0);
       }},
      {"an example that it does not match", "is not matched by any rule",
       [&] { home.write("mine.toml", with(vpn, "eg = 'company", "eg = 'nobody")); }},
      {"in the project", "inside the project",
       [&] {
         home.bed.env["XDG_CONFIG_HOME"] = (bed.app / "config").string();
         write_file(bed.app / "config/gomend/rules/mine.toml", vpn);
       }},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      row.make();
      const Ran ran = home.patterns({"where"});
      INFO(ran.text());
      CHECK(ran.code() == 2);
      CHECK(std::ranges::count(ran.err, '\n') == 1);
      CHECK(ran.err.starts_with("gomend: patterns: "));
      CHECK(ran.err.find(row.why) != std::string::npos);
      if (row.name.starts_with("an example")) return;
      CHECK(home.failing_go(words).err == words + "\n");
    }
  }
}

}  // namespace tests

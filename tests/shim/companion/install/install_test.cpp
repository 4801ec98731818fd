// `gomend install`, `activate`, `status` and `uninstall`, in the real bash, zsh, fish and sh: login
// and not, on a terminal's terms and in scripts, over start-up files of all kinds, twice in a row,
// and out again without a trace.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using Files = std::map<std::string, std::string>;  // below HOME

// A user with a plain go first on his PATH.
struct User {
  explicit User(const Files& files = {}, const std::string& name = "home",
                const std::string& shell = "/bin/bash")
      : home(dir.path() / name), real(dir.path() / "sdk/bin/go") {
    write_file(real, "#!/bin/sh\necho the real go: \"$@\"\n");
    fs::permissions(real, fs::perms(0755));
    fs::create_directories(home);
    for (const auto& [file, text] : files) write_file(home / file, text);
    env = {{"HOME", home.string()},
           {"PATH", real.parent_path().string() + ":/usr/bin:/bin"},
           {"SHELL", shell},
           {"GOMEND_REAL_GO", real.string()},  // /etc/profile may have its own mind about PATH
           {"TERM", "dumb"}};
  }

  [[nodiscard]] Ran gomend(Args args, const std::string& binary = gomend_binary) const {
    args.insert(args.begin(), binary);
    return run(args, {.env = env, .cwd = home});
  }
  [[nodiscard]] Ran installed(Args args) const { return gomend(std::move(args), bin("gomend")); }
  [[nodiscard]] Ran in_shell(const Args& shell, const std::string& words) const {
    Args args = shell;
    args.push_back(words);
    return run(args, {.env = env, .cwd = home});
  }
  [[nodiscard]] std::string bin(const std::string& name) const {
    return (home / ".local/share/gomend/bin" / name).string();
  }
  // All but what the shells themselves leave there.
  [[nodiscard]] Snapshot files() const {
    remove_tree(home / ".local/share/fish");
    remove_tree(home / ".cache");
    remove_tree(home / ".config/fish/fish_variables");
    return snapshot(home);
  }

  TempDir dir;
  fs::path home, real;
  Env env;
};

struct Way {
  std::string name;
  Args shell;
};

const std::vector<Way>& bash_ways() {
  static const std::vector<Way> ways = {{"bash, interactive", {"bash", "-ic"}},
                                        {"bash, login", {"bash", "-lc"}},
                                        {"bash, login, interactive", {"bash", "-lic"}}};
  return ways;
}
const std::vector<Way>& zsh_ways() {
  static const std::vector<Way> ways = {{"zsh, script", {"zsh", "-c"}},
                                        {"zsh, interactive", {"zsh", "-ic"}},
                                        {"zsh, login", {"zsh", "-lc"}},
                                        {"zsh, login, interactive", {"zsh", "-lic"}}};
  return ways;
}
const std::vector<Way>& fish_ways() {
  static const std::vector<Way> ways = {{"fish, script", {"fish", "-c"}},
                                        {"fish, interactive", {"fish", "-ic"}},
                                        {"fish, login", {"fish", "-lc"}}};
  return ways;
}

std::string last_line(std::string text) {
  while (text.ends_with("\n")) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

int lines_in(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

// The lines that people have in their start-up files: the SDK comes first, again.
const std::string sdk_first = "export PATH=\"$HOME/../sdk/bin:$PATH\"\n";
const std::string sdk_first_in_fish = "set -gx PATH $HOME/../sdk/bin $PATH\n";

const std::vector<Way>& sh_ways() {
  static const std::vector<Way> ways = {{"dash, login", {"dash", "-lc"}}};
  return ways;
}

struct Row {
  std::string name;
  Files files;
  const std::vector<Way>& ways;
  std::string home = "home";
  std::string shell = "/bin/bash";
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"bash: no files at all", {}, bash_ways()},
      {"bash: PATH is set in all of them",
       {{".bashrc", sdk_first}, {".profile", sdk_first}},
       bash_ways()},
      {"bash: Debian's own files",
       {{".bashrc", "case $- in\n *i*) ;;\n *) return;;\nesac\n" + sdk_first},
        {".profile", "if [ -n \"$BASH_VERSION\" ]; then . \"$HOME/.bashrc\"; fi\n" + sdk_first}},
       bash_ways()},
      {"bash: .bash_profile hides .profile",
       {{".bash_profile", sdk_first}, {".profile", sdk_first}, {".bashrc", sdk_first}},
       bash_ways()},
      {"bash: .bash_login", {{".bash_login", sdk_first}}, bash_ways()},
      {"bash: no line end at the end, CR LF, UTF-8, an empty file",
       {{".bashrc", "export A=1 # \xc3\xa4"}, {".bash_profile", ""}, {".profile", ":\r\n"}},
       bash_ways()},
      {"bash: a home with blanks, quotes and a dollar",
       {{".bashrc", sdk_first}, {".profile", sdk_first}},
       bash_ways(),
       "it's \"my\" $HOME `x` \\ home"},
      {"zsh: no files at all", {}, zsh_ways(), "home", "/usr/bin/zsh"},
      {"zsh: PATH is set in all of them",
       {{".zshenv", sdk_first},
        {".zprofile", sdk_first},
        {".zshrc", sdk_first},
        {".zlogin", sdk_first}},
       zsh_ways()},
      {"zsh: ZDOTDIR is set in .zshenv",
       {{".zshenv", "ZDOTDIR=$HOME/.config/zsh\n" + sdk_first}, {".config/zsh/.zshrc", sdk_first}},
       zsh_ways()},
      {"zsh: a home with blanks, quotes and a dollar",
       {{".zshrc", sdk_first}},
       zsh_ways(),
       "it's \"my\" $HOME `x` \\ home"},
      {"zsh: strict options",
       {{".zshrc", "setopt nounset ksh_arrays sh_word_split no_nomatch err_return\n" + sdk_first}},
       zsh_ways()},
      {"fish: no files at all", {}, fish_ways(), "home", "/usr/bin/fish"},
      {"fish: PATH is set in both places",
       {{".config/fish/config.fish", sdk_first_in_fish},
        {".config/fish/conf.d/zz.fish", sdk_first_in_fish}},
       fish_ways()},
      {"fish: config.fish leaves early in scripts",
       {{".config/fish/config.fish", "status is-interactive; or exit\n" + sdk_first_in_fish}},
       fish_ways()},
      {"fish: a home with blanks, quotes and a dollar",
       {{".config/fish/config.fish", sdk_first_in_fish}},
       fish_ways(),
       "it's \"my\" $HOME `x` \\ home"},
      {"sh: .profile", {{".profile", sdk_first}}, sh_ways(), "home", "/bin/sh"},
  };
  return all;
}

}  // namespace

TEST_CASE(
    "install: gomend's go comes first in each shell, whatever its files set; undone, they are "
    "what they were") {
  for (const Row& row : rows()) {
    DYNAMIC_SECTION(row.name) {
      const User user(row.files, row.home, row.shell);
      for (const Way& way : row.ways)  // fish leaves files of its own
        REQUIRE(user.in_shell(way.shell, "command -v go").out.find(user.bin("go")) ==
                std::string::npos);
      const Snapshot before = user.files();
      const Ran ran = user.gomend({"install"});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      CHECK(ran.err.empty());
      const Snapshot once = user.files();
      REQUIRE(user.gomend({"install"}).code() == 0);
      CHECK(difference(once, user.files(), {}) == "");
      for (const Way& way : row.ways) {
        INFO(way.name);
        // And a shell in a shell: the directory stands there once.
        const Ran found =
            user.in_shell(way.shell, "echo; command -v go; command -v gomend; go version; " +
                                         way.shell[0] + " -lc 'printenv PATH'");
        INFO(found.text());
        const std::string dir = fs::path(user.bin("go")).parent_path();
        const std::string wanted =
            "\n" + dir + "/go\n" + dir + "/gomend\nthe real go: version\n" + dir + ":";
        const std::size_t at = found.out.find(wanted);
        CHECK(at != std::string::npos);
        CHECK(found.out.find(dir, at + wanted.size()) == std::string::npos);
        CHECK(found.err.find("gomend:") == std::string::npos);
      }
      const Ran undone = user.installed({"uninstall"});
      INFO(undone.text());
      CHECK(undone.code() == 0);
      CHECK(difference(before, user.files(), {}) == "");
    }
  }
}

TEST_CASE("install: a linked start-up file stays a link, and keeps its mode") {
  const User user(Files{{"dotfiles/bashrc", sdk_first}});
  fs::create_symlink("dotfiles/bashrc", user.home / ".bashrc");
  fs::permissions(user.home / "dotfiles/bashrc", fs::perms(0640));
  const Snapshot before = user.files();
  REQUIRE(user.gomend({"install"}).code() == 0);
  CHECK(fs::is_symlink(user.home / ".bashrc"));
  CHECK(fs::status(user.home / "dotfiles/bashrc").permissions() == fs::perms(0640));
  CHECK(last_line(user.in_shell({"bash", "-ic"}, "command -v go").out) == user.bin("go"));
  REQUIRE(user.installed({"uninstall"}).code() == 0);
  CHECK(difference(before, user.files(), {}) == "");
}

TEST_CASE("install: lines that came behind gomend's since stay, and gomend's come last again") {
  const User user(Files{{".bashrc", "export A=1"}});
  REQUIRE(user.gomend({"install", "--shell", "bash"}).code() == 0);
  const std::string first = read_file(user.home / ".bashrc");
  write_file(user.home / ".bashrc", first + sdk_first + "export B=2\n");
  CHECK(last_line(user.in_shell({"bash", "-ic"}, "command -v go").out) != user.bin("go"));
  REQUIRE(user.gomend({"install", "--shell", "bash"}).code() == 0);
  CHECK(last_line(user.in_shell({"bash", "-ic"}, "command -v go").out) == user.bin("go"));
  REQUIRE(user.installed({"uninstall"}).code() == 0);
  CHECK(read_file(user.home / ".bashrc") == "export A=1\n" + sdk_first + "export B=2\n");
}

TEST_CASE("install --alias: go is gomend's where it is typed, and PATH keeps its order") {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    DYNAMIC_SECTION(shell) {
      const User user({}, "home", "/usr/bin/" + shell);
      REQUIRE(user.in_shell({shell, "-ic"}, "true").code() == 0);  // it leaves files of its own
      const Snapshot before = user.files();
      REQUIRE(user.gomend({"install", "--alias", "--shell", shell}).code() == 0);
      const std::string typed = shell == "fish" ? "functions go" : "alias go";
      const Ran ran = user.in_shell({shell, "-ic"}, typed);
      INFO(ran.text());
      CHECK(ran.out.find("gomend go") != std::string::npos);
      CHECK(last_line(user.in_shell({shell, "-ic"}, "command -v gomend").out) ==
            user.bin("gomend"));
      // What the alias does not reach: a script.
      CHECK(last_line(user.in_shell({shell, "-ic"}, "sh -c 'command -v go'").out) ==
            user.real.string());
      REQUIRE(user.installed({"uninstall"}).code() == 0);
      CHECK(difference(before, user.files(), {}) == "");
    }
  }
}

TEST_CASE("activate: what it prints puts gomend's go first, once however often") {
  const User user;
  REQUIRE(user.gomend({"install", "--shell", "none"}).code() == 0);
  CHECK(!fs::exists(user.home / ".bashrc"));
  const std::string gomend = user.bin("gomend");
  for (const std::string shell : {"sh", "bash", "zsh", "fish", "dash"}) {
    DYNAMIC_SECTION(shell) {
      const std::string name = shell == "dash" ? "sh" : shell;
      const std::string once = shell == "fish"
                                   ? gomend + " activate fish | source; "
                                   : "eval \"$(" + gomend + " activate " + name + ")\"; ";
      const std::string strict = shell == "fish" ? "" : "set -eu; ";
      const Ran ran = user.in_shell(
          {shell, "-c"}, strict + once + once + "command -v go; go env; printenv PATH; set");
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(ran.out.starts_with(user.bin("go") + "\nthe real go: env\n" +
                                fs::path(user.bin("go")).parent_path().string() + ":" +
                                user.env.at("PATH") + "\n"));
      CHECK(ran.out.find("gomend_") == std::string::npos);
    }
  }
  CHECK(user.gomend({"activate", "tcsh"}).code() == 2);
  CHECK(user.gomend({"activate"}).code() == 2);
  const User nobody;
  CHECK(nobody.gomend({"activate", "bash"}).code() == 2);
}

TEST_CASE("install: an older gomend is replaced, also by itself; go and gomend are one file") {
  const User user;
  REQUIRE(user.gomend({"install"}).code() == 0);
  struct stat go = {}, gomend = {};
  REQUIRE(lstat(user.bin("go").c_str(), &go) == 0);
  REQUIRE(lstat(user.bin("gomend").c_str(), &gomend) == 0);
  CHECK(S_ISREG(go.st_mode));
  CHECK(go.st_ino == gomend.st_ino);
  REQUIRE(user.installed({"install"}).code() == 0);
  struct stat again = {};
  REQUIRE(lstat(user.bin("go").c_str(), &again) == 0);
  CHECK(again.st_ino == go.st_ino);
  std::ofstream(user.bin("go"), std::ios::app) << "older";
  REQUIRE(user.gomend({"install"}).code() == 0);
  CHECK(read_file(user.bin("go")) == read_file(gomend_binary));
  CHECK(read_file(user.bin("gomend")) == read_file(gomend_binary));
}

TEST_CASE("install: what it must not touch is refused in one line, and nothing is changed") {
  const User user(Files{{".bashrc", sdk_first}});
  write_file(user.home / "sdk/bin/go", "#!/bin/sh\n");
  write_file(user.home / "tools/bin/hugo", "");
  write_file(user.home / "file", "");
  const Snapshot before = user.files();
  for (const Args& args : std::vector<Args>{{"install", "--dir", "sdk"},
                                            {"install", "--dir", "tools"},
                                            {"install", "--dir", "file"},
                                            {"install", "--dir", "/"},
                                            {"install", "--dir", ""},
                                            {"install", "--dir", "a:b"},
                                            {"install", "--dir", "a\nb"},
                                            {"install", "--shell", "tcsh"},
                                            {"install", "--system", "--root", "nowhere"},
                                            {"install", "--root", "."},
                                            {"install", "--system", "--dir", "x"},
                                            {"install", "more"},
                                            {"uninstall"},
                                            {"uninstall", "--dir", "sdk"}}) {
    const Ran ran = user.gomend(args);
    INFO(args.back() << "\n" << ran.text());
    CHECK(ran.code() == 2);
    CHECK(lines_in(ran.err) == 1);
    CHECK(ran.out.empty());
  }
  Env env = user.env;
  env["HOME"] = "/nowhere";
  CHECK(run({gomend_binary, "install"}, {.env = env, .cwd = user.home}).code() == 2);
  env.erase("HOME");
  CHECK(run({gomend_binary, "install"}, {.env = env, .cwd = user.home}).code() == 2);
  if (geteuid() == 0) {
    const Ran ran = run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                         gomend_binary, "install", "--system"},
                        {.env = {{"PATH", "/usr/bin:/bin"}}, .cwd = user.home});
    INFO(ran.text());
    CHECK(ran.code() == 2);
    CHECK(lines_in(ran.err) == 1);
  }
  CHECK(difference(before, user.files(), {.inodes = true, .times = true}) == "");
  REQUIRE(user.gomend({"install", "--dry-run"}).code() == 0);
  CHECK(difference(before, user.files(), {.inodes = true, .times = true}) == "");
}

TEST_CASE("install: a start-up file that can't be changed costs only itself") {
  const User user(Files{{".profile", "# >>> gomend >>> half a block\nexport A=1\n"}});
  fs::create_directories(user.home / ".bashrc");
  const std::string half = read_file(user.home / ".profile");
  const Ran ran = user.gomend({"install", "--shell", "bash,zsh"});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(lines_in(ran.err) == 2);
  CHECK(read_file(user.home / ".profile") == half);
  CHECK(last_line(user.in_shell({"zsh", "-lc"}, "command -v go").out) == user.bin("go"));
  CHECK(user.installed({"uninstall"}).code() == 1);
  CHECK(read_file(user.home / ".profile") == half);
  CHECK(!fs::exists(user.bin("go")));
}

TEST_CASE("install: on a full disk nothing is half there", "[root]") {
  if (geteuid() != 0) return skip("needs root");
  const User user(Files{{".bashrc", sdk_first}});
  const Ran ran = run({"unshare", "-m", "sh", "-c",
                       "mount -t tmpfs -o size=64k none \"$HOME\" && echo 'export A=1' "
                       ">\"$HOME/.bashrc\" && \"$0\" install; echo "
                       "status $?; find . | sort; cat .bashrc",
                       gomend_binary},
                      {.env = {{"HOME", user.home.string()}, {"PATH", "/usr/bin:/bin:/usr/sbin"}},
                       .cwd = user.home});
  INFO(ran.text());
  CHECK(ran.out.find("status 2\n") != std::string::npos);
  CHECK(lines_in(ran.err) == 1);
  CHECK(ran.out.find("gomend/bin") == std::string::npos);
}

TEST_CASE("install --system: for all users, below another root as well, and out again") {
  const User user;
  const fs::path root = user.dir.path() / "root";
  for (const char* file : {"etc/bash.bashrc", "etc/zsh/zshenv", "etc/zsh/zshrc", "etc/profile"})
    write_file(root / file, "# " + std::string(file));
  const Snapshot before = snapshot(root);
  REQUIRE(run({"/bin/sh", "-c", "umask 077; exec \"$0\" install --system --root ../root",
               gomend_binary},
              {.env = user.env, .cwd = user.home})
              .code() == 0);
  CHECK(fs::read_symlink(root / "usr/bin/gomend") == "/usr/lib/gomend/bin/gomend");
  for (const char* name : {"usr", "usr/lib/gomend", "usr/lib/gomend/bin", "usr/lib/gomend/bin/go"})
    CHECK(fs::status(root / name).permissions() == fs::perms(0755));
  CHECK(fs::status(root / "usr/lib/gomend/env.sh").permissions() == fs::perms(0644));
  CHECK(fs::status(root / "etc/profile.d/gomend.sh").permissions() == fs::perms(0644));
  CHECK(read_file(root / "etc/profile.d/gomend.sh").find(". '/usr/lib/gomend/env.sh'") !=
        std::string::npos);
  CHECK(read_file(root / "etc/zsh/zshenv").find("/usr/lib/gomend/env.sh") != std::string::npos);
  REQUIRE(user.gomend({"uninstall", "--system", "--root", root.string()}).code() == 0);
  CHECK(difference(before, snapshot(root), {}) == "");
  // What a package has put there is the package's.
  write_file(root / "usr/lib/gomend/bin/go", read_file(gomend_binary));
  CHECK(user.gomend({"install", "--system", "--root", root.string()}).code() == 2);
  CHECK(user.gomend({"uninstall", "--system", "--root", root.string()}).code() == 2);
  CHECK(fs::exists(root / "usr/lib/gomend/bin/go"));
}

TEST_CASE("status: is gomend first, which go is behind it, where is it, is it on") {
  User user;
  const auto ask = [&] {
    const Ran ran = user.gomend({"status", "--json"});
    Json object = json_of(ran);
    object.set("code", ran.code());
    return object;
  };
  Json status = ask();
  CHECK(status["code"] == 1);
  CHECK(status["first"] == false);
  CHECK(status["shim"] == "");
  CHECK(status["next"] == "gomend install");
  REQUIRE(user.gomend({"install"}).code() == 0);
  status = ask();
  CHECK(status["installed"][0] == (user.home / ".local/share/gomend").string());
  CHECK(status["startup_files"].size() == 2);
  const std::string dir = fs::path(user.bin("go")).parent_path().string();
  const std::string path = user.env["PATH"];
  user.env["PATH"] = path + ":" + dir;
  status = ask();
  CHECK(status["code"] == 1);
  CHECK(status["shim"] == user.bin("go"));
  CHECK(status["first_go"] == user.real.string());
  CHECK(status["next"] == "export PATH=" + dir + ":$PATH");
  user.env["PATH"] = dir + ":" + path;
  status = ask();
  CHECK(status["code"] == 0);
  CHECK(status["repairs"] == true);
  CHECK(status["real_go"] == user.real.string());
  CHECK(user.gomend({"status"}).out.starts_with("✓ gomend "));
  for (const char* mode : {"off", "advise"}) {
    user.env["GOMEND"] = mode;
    status = ask();
    CHECK(status["code"] == 1);
    CHECK(status["mode"] == mode);
  }
}

TEST_CASE("uninstall leaves nothing, or nothing but the journal", "[e2e]") {
  for (const bool keeps : {false, true}) {
    DYNAMIC_SECTION((keeps ? "with the journal" : "nothing")) {
      Bed bed(gos().back());
      bed.env.erase("GOMEND_KEEP");
      bed.env.erase("CI");
      const std::string alpha = "github.com/acme/alpha@v1.1.0";
      REQUIRE(bed.companion({"install", "--shell", "none"}).code() == 0);
      damage(bed.zip(alpha), "half");
      remove_tree(bed.tree(alpha));
      REQUIRE(bed.gomend({"build", "./..."}).code() == 0);
      const fs::path state = bed.home / ".local/state/gomend";
      REQUIRE(fs::exists(state / "journal.jsonl"));
      REQUIRE(fs::exists(bed.gomodcache / "cache/gomend"));
      write_file(bed.home / ".config/gomend/config.toml", "keep = true\n");
      Args args = {"uninstall"};
      if (keeps) args.emplace_back("--keep-journal");
      const Ran ran = bed.companion(args);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(!fs::exists(bed.gomodcache / "cache/gomend"));
      CHECK(!fs::exists(bed.home / ".local/share/gomend"));
      CHECK(fs::exists(bed.home / ".config/gomend/config.toml"));
      CHECK(fs::exists(state) == keeps);
      if (keeps) CHECK(snapshot(state).size() == 2);
      CHECK(bed.go({"build", "./..."}).code() == 0);
    }
  }
}

}  // namespace tests

// `gomend install` and `uninstall --system --root IMAGE` stay in the image, and take away what they
// brought (issue 15.6).

#include <unistd.h>

#include <algorithm>

#include "recovery/go/h1.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

// An image beside a host that nothing may reach.
struct Image {
  Image() {
    write_file(root / "etc/bash.bashrc", "# bash\n");
    write_file(root / "etc/profile", "# profile\n");
    write_file(host / "etc/bash.bashrc", "# the host's\n");
    write_file(home / ".local/state/gomend/journal.jsonl",
               R"({"time":"2026-01-01T00:00:00Z","cache":")" + (host / "mod").string() + "\"}\n");
    write_file(host / "mod/cache/gomend/quarantine/20260101T000000Z-1/x", "kept");
    fs::permissions(home / ".local/state/gomend", fs::perms(0700));
  }
  [[nodiscard]] Ran gomend(const std::string& command, Args more = {}) const {
    Args args{gomend_binary, command, "--system", "--root", root.string()};
    args.insert(args.end(), more.begin(), more.end());
    return run(args, {.env = {{"HOME", home.string()}, {"PATH", "/usr/bin:/bin"}}, .cwd = home});
  }
  [[nodiscard]] std::string change_of_host(const Snapshot& before) const {
    return difference(before, snapshot(host), {.inodes = true, .times = true});
  }

  TempDir dir;
  fs::path root = dir.path() / "image", host = dir.path() / "host", home = host / "home";
};

}  // namespace

TEST_CASE("install --root: uninstall leaves the invoking user's own state alone") {
  const Image image;
  const Snapshot host = snapshot(image.host), before = snapshot(image.root);
  REQUIRE(image.gomend("install").code() == 0);
  const Ran ran = image.gomend("uninstall");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(image.change_of_host(host) == "");
  CHECK(difference(before, snapshot(image.root), {}) == "");
}

TEST_CASE("install --root: links in an image lead nowhere but into it") {
  const Image image;
  const fs::path out = image.host;
  struct Row {
    const char* link;
    std::string target;
  };
  // As images have them (a merged /usr), and as an image may that means harm.
  const std::vector<std::vector<Row>> rows = {
      {{"usr/lib", (out / "lib").string()}, {"usr/bin", (out / "bin").string()}},
      {{"usr", "../host"}},
      {{"usr/lib", "../../../../../../../.." + (out / "lib").string()}},
      {{"etc/bash.bashrc", (out / "etc/bash.bashrc").string()}},
      {{"etc/profile.d", "../../host/etc"}},
      {{"usr/lib/gomend", (out / "lib").string()}},
      {{"usr/lib/gomend/bin", (out / "bin").string()}},
      {{"usr/lib/gomend/bin/go.new", (out / "etc/bash.bashrc").string()}},
      {{"usr/lib/gomend/env.sh", (out / "etc/bash.bashrc").string()}},
      {{"usr/lib/gomend/share/man", (out / "lib").string()}},
      {{"usr/lib/gomend/installed", (out / "etc/bash.bashrc").string()}},
  };
  fs::create_directories(out / "lib/gomend/bin");
  fs::create_directories(out / "bin");
  fs::copy_file(gomend_binary, out / "lib/gomend/bin/gomend");
  write_file(out / "lib/gomend/env.sh", "# the host's\n");
  const Snapshot host = snapshot(image.host);
  for (const auto& links : rows) {
    remove_tree(image.root / "usr");
    remove_tree(image.root / "etc/profile.d");
    fs::remove(image.root / "etc/bash.bashrc");
    write_file(image.root / "etc/bash.bashrc", "# bash\n");
    for (const Row& row : links) {
      fs::create_directories((image.root / row.link).parent_path());
      fs::remove(image.root / row.link);
      fs::create_symlink(row.target, image.root / row.link);
    }
    INFO(links[0].link << " -> " << links[0].target);
    const Ran installed = image.gomend("install");
    CAPTURE(installed.text());
    CHECK(image.change_of_host(host) == "");
    CHECK(installed.text().find("/proc/") == std::string::npos);
    CHECK((installed.code() == 0 || std::ranges::count(installed.err, '\n') == 1));
    const Ran ran = image.gomend("uninstall");
    CAPTURE(ran.text());
    CHECK(image.change_of_host(host) == "");
    CHECK(ran.text().find("/proc/") == std::string::npos);
  }
}

TEST_CASE("install --root: an absolute link is followed within the image") {
  const Image image;
  fs::create_directories(image.root / "real/lib");
  fs::create_directories(image.root / "usr");
  fs::create_symlink("/real/lib", image.root / "usr/lib");
  write_file(image.root / "real/bashrc", "# real\n");
  fs::remove(image.root / "etc/bash.bashrc");
  fs::create_symlink("/real/bashrc", image.root / "etc/bash.bashrc");
  const Snapshot before = snapshot(image.root);
  const Ran ran = image.gomend("install");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(fs::exists(image.root / "real/lib/gomend/bin/go"));
  CHECK(fs::is_symlink(image.root / "etc/bash.bashrc"));
  CHECK(read_file(image.root / "real/bashrc").find("gomend/env.sh") != std::string::npos);
  CHECK(image.gomend("uninstall").code() == 0);
  CHECK(difference(before, snapshot(image.root), {}) == "");
}

TEST_CASE("uninstall: only what was recorded goes, and what was changed since stays") {
  const Image image;
  const fs::path place = image.root / "usr/lib/gomend";
  REQUIRE(image.gomend("install").code() == 0);
  write_file(place / "share/man/man1/mine.1", "mine");
  write_file(place / "env.sh", "# edited\n");
  fs::remove(image.root / "usr/bin/gomend");
  fs::create_symlink("/opt/gomend", image.root / "usr/bin/gomend");
  const Ran ran = image.gomend("uninstall");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out.find("kept /usr/lib/gomend/env.sh (changed since it was installed)\n") !=
        std::string::npos);
  CHECK(ran.out.find("kept /usr/bin/gomend") != std::string::npos);
  CHECK(read_file(place / "share/man/man1/mine.1") == "mine");
  CHECK(read_file(place / "env.sh") == "# edited\n");
  CHECK(fs::is_symlink(image.root / "usr/bin/gomend"));
  CHECK_FALSE(fs::exists(place / "bin/go"));
  CHECK_FALSE(fs::exists(place / "env.fish"));
  CHECK_FALSE(fs::exists(place / "installed"));
}

TEST_CASE("uninstall: without a record nothing goes that gomend may not have made") {
  const Image image;
  const fs::path place = image.root / "usr/lib/gomend";
  write_file(place / "env.sh", "# somebody's\n");
  write_file(place / "bin/gomend.new", "somebody's");
  write_file(image.root / "etc/profile.d/gomend.sh", "# somebody's\n");
  const Snapshot before = snapshot(image.root);
  CHECK(image.gomend("uninstall").code() == 2);
  write_file(place / "installed", "no record");
  fs::create_symlink("/usr/lib/gomend/bin/gomend", place / "link");
  (void)image.gomend("uninstall");
  CHECK(read_file(place / "env.sh") == "# somebody's\n");
  CHECK(read_file(place / "bin/gomend.new") == "somebody's");
  CHECK(read_file(image.root / "etc/profile.d/gomend.sh") == "# somebody's\n");
}

TEST_CASE("install: into a file of somebody else nothing is written by way of a link") {
  if (geteuid() != 0) return skip("needs root");
  const TempDir dir;
  const fs::path home = dir.path() / "home", other = dir.path() / "other", own = dir.path() / "own";
  write_file(other / "bashrc", "# other\n");
  write_file(own / "profile", "# own repository\n");
  fs::create_directories(home);
  fs::create_symlink(other / "bashrc", home / ".bashrc");
  fs::create_symlink(own / "profile", home / ".profile");
  const Given given(other, 12345);
  const Ran ran = run({gomend_binary, "install", "--shell", "bash"},
                      {.env = {{"HOME", home.string()}, {"PATH", "/usr/bin:/bin"}}, .cwd = home});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(read_file(other / "bashrc") == "# other\n");
  CHECK(read_file(own / "profile").find("gomend") != std::string::npos);
  CHECK(fs::is_symlink(home / ".profile"));
}

TEST_CASE("uninstall: a record that lies takes nothing that gomend did not make (issue 15.6)") {
  const Image image;
  write_file(image.root / "etc/keep", "keep\n");
  write_file(image.dir.path() / "beside", "keep\n");
  fs::create_directories(image.root / "var/empty");
  REQUIRE(image.gomend("install").code() == 0);
  const fs::path record = image.root / "usr/lib/gomend/installed";
  const std::string hash = recovery::sha256_hex("keep\n");
  write_file(record, read_file(record) + "file " + hash + " /etc/keep\nfile " + hash +
                         " /usr/lib/gomend/../../../etc/keep\nfile " + hash +
                         " /../beside\nmade /var/empty\nmade /usr/lib/gomend/../../../var/empty\n");
  const Ran ran = image.gomend("uninstall");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(read_file(image.root / "etc/keep") == "keep\n");
  CHECK(read_file(image.dir.path() / "beside") == "keep\n");
  CHECK(fs::is_directory(image.root / "var/empty"));
  CHECK_FALSE(fs::exists(image.root / "usr/lib"));
}

TEST_CASE("uninstall: the link goes with the program that it leads to, whatever the record says") {
  const Image image;
  REQUIRE(image.gomend("install").code() == 0);
  write_file(image.root / "usr/lib/gomend/installed", "no record");
  CHECK(image.gomend("uninstall").code() == 0);
  CHECK_FALSE(fs::is_symlink(image.root / "usr/bin/gomend"));
}

TEST_CASE("install: the command to type next works, whatever the home is called") {
  const TempDir dir;
  const fs::path home = dir.path() / "a '$(touch pwned)\" b\\";
  fs::create_directories(home);
  for (const char* shell : {"bash", "fish"}) {
    if (!fs::exists(std::string("/usr/bin/") + shell)) continue;
    const Env env{{"HOME", home.string()},
                  {"PATH", "/usr/bin:/bin"},
                  {"SHELL", std::string("/usr/bin/") + shell}};
    const Ran ran = run({gomend_binary, "install", "--shell", shell}, {.env = env, .cwd = home});
    INFO(ran.text());
    REQUIRE(ran.code() == 0);
    const std::string words = "or run: ";
    const std::string next = ran.out.substr(ran.out.find(words) + words.size());
    const Ran typed = run({shell, "-c", next + "command -v go"}, {.env = env, .cwd = home});
    CHECK(typed.out == (home / ".local/share/gomend/bin/go").string() + "\n");
    CHECK_FALSE(fs::exists(home / "pwned"));
  }
}

TEST_CASE("install: what a shell reads is nobody else's to write, whatever the umask") {
  const TempDir dir;
  const Ran ran = run({"/bin/sh", "-c", "umask 0; exec \"$0\" install --shell bash", gomend_binary},
                      {.env = {{"HOME", dir.path().string()}, {"PATH", "/usr/bin:/bin"}}});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  for (const char* name : {".bashrc", ".local", ".local/share/gomend", ".local/share/gomend/bin",
                           ".local/share/gomend/env.sh", ".local/share/gomend/installed"}) {
    INFO(name);
    CHECK((fs::status(dir.path() / name).permissions() & fs::perms(0022)) == fs::perms::none);
  }
}

TEST_CASE("uninstall: a home written with a slash too much is left as it was") {
  const TempDir dir;
  const Snapshot before = snapshot(dir.path());
  const RunOptions options{
      .env = {{"HOME", dir.path().string() + "//"}, {"PATH", "/usr/bin:/bin"}, {"GOENV", "off"}}};
  REQUIRE(run({gomend_binary, "install", "--shell", "bash"}, options).code() == 0);
  const Ran ran = run({gomend_binary, "uninstall"}, options);
  INFO(ran.text());
  CHECK(difference(before, snapshot(dir.path()), {.ignore = {".config"}}) == "");
}

}  // namespace tests

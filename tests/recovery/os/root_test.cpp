// Nothing is reached but what lies beneath the root, with openat2 and without it.

#include "recovery/os/root.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <system_error>

#include "tests/bed/files.hpp"
#include "tests/bed/snapshot.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Kind;
using recovery::Root;

// From now on this process has a kernel without openat2, as in an old container.
void forbid_openat2() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{4, rules};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(77);
  }
}

// What `ask` answers in a child process that has no openat2.
std::string without_openat2(const std::function<std::string()>& ask) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    forbid_openat2();
    const std::string answer = ask();
    if (::write(ends[1], answer.data(), answer.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string answer(4096, '\0');
  const ssize_t n = ::read(ends[0], answer.data(), answer.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return "no seccomp";
  answer.resize(static_cast<std::size_t>(n));
  return answer;
}

// A directory with everything in it that could lead astray.
void make_maze(const fs::path& dir) {
  write_file(dir / "outside/secret", "secret");
  write_file(dir / "root/a/file", "content");
  fs::create_symlink("../../outside", dir / "root/a/out");
  fs::create_symlink("file", dir / "root/a/link");
  fs::create_symlink("/", dir / "root/a/slash");
  fs::create_symlink("nowhere", dir / "root/a/dangling");
  fs::create_symlink("a", dir / "root/alias");
}

const std::vector<std::string> ways_out = {
    "..",
    "../outside/secret",
    "a/../../outside/secret",
    "a/out/secret",
    "a/slash/etc/passwd",
    "a/link",
    "a/dangling",
    "alias/file",
    "/etc/passwd",
    "",
    ".",
    "./a/file",
    "a//file",
    "a/./file",
    "a/file/",
    "/",
    "a/..",
    "a/file/x",
    "none/file",
};

std::string read_all(const fs::path& dir) {
  const Root root(dir / "root");
  std::string found;
  for (const std::string& rel : ways_out) {
    try {
      if (root.read(rel, 1000)) found += rel + " ";
    } catch (const std::system_error&) {  // a link on the way: nobody knows what is behind it
    }
  }
  return found + root.read("a/file", 1000).value_or("unreadable");
}

}  // namespace

TEST_CASE("no path leads out of the root", "[recovery]") {
  const TempDir dir;
  make_maze(dir.path());
  CHECK(read_all(dir.path()) == "content");
  const std::string without = without_openat2([&] { return read_all(dir.path()); });
  if (without != "no seccomp") CHECK(without == "content");
}

TEST_CASE("nothing is written, moved or removed out of the root", "[recovery]") {
  const TempDir dir;
  make_maze(dir.path());
  const Snapshot before = snapshot(dir.path() / "outside");
  const auto attack = [&] {
    const Root root(dir.path() / "root");
    const std::vector<std::function<void()>> attempts = {
        [&] { root.write_new("a/out/new", "x", 0666); },
        [&] { root.write_new("../outside/new", "x", 0666); },
        [&] { root.make_directories("a/out/new"); },
        [&] { root.remove("a/out/secret"); },
        [&] { root.remove_tree("a/out/secret"); },
        [&] { root.rename("a/file", "a/out/file"); },
        [&] { root.rename("a/out/secret", "a/secret"); },
        [&] { root.move("a/out/secret", "a/secret"); },
        [&] { root.link_or_copy("a/out/secret", "a/copy"); },
        [&] { root.chmod("a/out", 0); },
        [&] { root.chmod("a/out/secret", 0); },
        [&] { root.chmod("a/link", 0); },
    };
    root.remove_tree("../outside");  // absent, as far as the root knows
    std::string done;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      try {
        attempts[i]();
        done += std::to_string(i) + " ";
      } catch (const std::system_error&) {
      }
    }
    return done + ".";
  };
  CHECK(attack() == ".");
  const std::string without = without_openat2(attack);
  if (without != "no seccomp") CHECK(without == ".");
  CHECK(difference(before, snapshot(dir.path() / "outside"), {.inodes = true}) == "");
}

TEST_CASE("a tree is removed with its links, not what they lead to", "[recovery]") {
  const TempDir dir;
  make_maze(dir.path());
  fs::permissions(dir.path() / "root/a", fs::perms{0555});
  const Root root(dir.path() / "root");
  root.remove_tree("a");
  root.remove_tree("a");
  CHECK(root.stat("a").kind == Kind::absent);
  CHECK(read_file(dir.path() / "outside/secret") == "secret");
}

TEST_CASE("what stands there is told by its kind", "[recovery]") {
  const TempDir dir;
  make_maze(dir.path());
  const Root root(dir.path() / "root");
  const std::pair<std::string, Kind> rows[] = {
      {"a", Kind::directory},        {"a/file", Kind::regular}, {"a/link", Kind::symlink},
      {"a/dangling", Kind::symlink}, {"a/none", Kind::absent},  {"a/file/x", Kind::absent},
      {"none/x", Kind::absent},
  };
  for (const auto& [rel, kind] : rows) {
    CAPTURE(rel);
    CHECK(root.stat(rel).kind == kind);
  }
}

TEST_CASE("a root that is no directory is refused", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "file", "");
  CHECK_THROWS_AS(Root(dir.path() / "file"), std::system_error);
  CHECK_THROWS_AS(Root(dir.path() / "none"), std::system_error);
}

TEST_CASE("an obstacle is what stands where a directory should be", "[recovery]") {
  const TempDir dir;
  make_maze(dir.path());
  fs::create_symlink("none", dir.path() / "root/broken");
  const Root root(dir.path() / "root");
  const std::pair<std::string, std::string> rows[] = {
      {"a/file", ""},           {"a/none/x", ""},
      {"a/file/x/y", "a/file"}, {"a/dangling/x", "a/dangling"},
      {"broken/x/y", "broken"}, {"a/link/x", "a/link"},
      {"a/out/x", ""},  // somebody keeps a part of the cache elsewhere
      {"alias/x", ""},
  };
  for (const auto& [rel, obstacle] : rows) {
    CAPTURE(rel);
    CHECK(root.obstacle(rel) == obstacle);
  }
}

TEST_CASE("a file is read up to a limit, and never from what is no file", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "file", "12345");
  fs::create_directory(dir.path() / "directory");
  REQUIRE(::mkfifo((dir.path() / "fifo").c_str(), 0600) == 0);
  const Root root(dir.path());
  CHECK(root.read("file", 5) == "12345");
  CHECK_FALSE(root.read("file", 4));
  CHECK_FALSE(root.read("directory", 5));
  CHECK_FALSE(root.read("fifo", 5));
}

TEST_CASE("a read-only directory can be written to for a while, and has its mode back",
          "[recovery]") {
  const TempDir dir;
  const Root root(dir.path());
  root.make_directories("tree/inner");
  root.chmod("tree", 0555);
  {
    const recovery::Writable writable(root, "tree");
    CHECK((root.stat("tree").st.st_mode & 07777) == 0755);
    root.write_new("tree/new", "x", 0444);
  }
  CHECK((root.stat("tree").st.st_mode & 07777) == 0555);
  { const recovery::Writable writable(root, "none"); }
  root.chmod("tree", 0755);
}

TEST_CASE("what is made has the modes that Go gives it", "[recovery]") {
  const TempDir dir;
  const Root root(dir.path());
  for (const mode_t mask : {0022U, 0077U, 0002U}) {
    const mode_t old = ::umask(mask);
    const std::string name = std::to_string(mask);
    root.make_directories(name + "/x");
    root.write_new(name + "/mod", "x", 0666);
    root.write_new(name + "/source", "x", 0444);
    ::umask(old);
    CHECK((root.stat(name + "/x").st.st_mode & 07777) == (0777 & ~mask));
    CHECK((root.stat(name + "/mod").st.st_mode & 07777) == (0666 & ~mask));
    CHECK((root.stat(name + "/source").st.st_mode & 07777) == (0444 & ~mask));
  }
  CHECK_THROWS_AS(root.write_new("2/x/mod/y", "x", 0666), std::system_error);
  CHECK_THROWS_AS(root.write_new("18/mod", "y", 0666), std::system_error);
  CHECK(root.read("18/mod", 10) == "x");
}

TEST_CASE("a directory on another file system is moved file by file", "[recovery]") {
  // /dev/shm is one where the tests' own directory is not, nearly everywhere.
  const TempDir dir;
  struct stat here, there;
  if (::stat(dir.path().c_str(), &here) != 0 || ::stat("/dev/shm", &there) != 0 ||
      here.st_dev == there.st_dev || ::access("/dev/shm", W_OK) != 0) {
    return;
  }
  // One root over both: "/" itself.
  const std::string shm = "dev/shm/gomend-test-" + std::to_string(::getpid());
  write_file("/" + shm + "/tree/inner/a\nb.go", "content");
  write_file("/" + shm + "/tree/go.mod", "module x.y/a\n");
  fs::create_symlink("nowhere", "/" + shm + "/tree/link");
  fs::permissions("/" + shm + "/tree/go.mod", fs::perms{0444});
  fs::permissions("/" + shm + "/tree/inner", fs::perms{0555});
  const Snapshot before = snapshot("/" + shm + "/tree");
  const std::string to = dir.path().string().substr(1) + "/moved";
  Root("/").move(shm + "/tree", to);
  CHECK(difference(before, snapshot("/" + to)) == "");
  CHECK_FALSE(fs::exists("/" + shm + "/tree"));
  remove_tree("/" + shm);
}

}  // namespace tests

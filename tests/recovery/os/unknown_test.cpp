// Unknown is not absent (issue 15.24), and no second look by name goes astray (15.8).

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <system_error>
#include <thread>

#include "recovery/evidence/build_cache.hpp"
#include "recovery/evidence/catalogue.hpp"
#include "recovery/evidence/inspect.hpp"
#include "recovery/os/progress.hpp"
#include "recovery/os/root.hpp"
#include "recovery/os/umask.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/machine.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Kind;
using recovery::Root;

constexpr int fchmodat2 = 452;

// From now on this process's kernel answers `call` with `error`.
bool answer(int call, int error) {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{4, rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Whether `holds` in a child process for which `call` fails so; true where there is no seccomp.
bool holds_with(int call, int error, const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!answer(call, error)) ::_exit(0);
    bool does = false;
    try {
      does = holds();
    } catch (...) {
    }
    ::_exit(does ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

template <class Do>
int error_of(const Do& act) {
  try {
    act();
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

mode_t mode_of(const fs::path& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

// No descriptor can be opened while it lives.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{3, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

const auto module_a = *recovery::ModuleVersion::parse("x.y/a@v1.0.0");

void make_cache(const fs::path& dir) {
  write_file(dir / "cache/download/x.y/a/@v/v1.0.0.mod", "module x.y/a\n");
  write_file(dir / "x.y/a@v1.0.0/go.mod", "module x.y/a\n");
}

}  // namespace

TEST_CASE("unknown is not absent", "[recovery]") {
  const TempDir dir;
  make_cache(dir.path());
  fs::create_directory_symlink("x.y", dir.path() / "link");
  const Root root(dir.path());
  const std::string file = "x.y/a@v1.0.0/go.mod";

  SECTION("no more descriptors") {
    int stat = 0, list = 0, read = 0, inspect = 0;
    {
      const NoMoreFiles limit;
      stat = error_of([&] { (void)root.stat(file); });
      list = error_of([&] { (void)root.list("x.y"); });
      read = error_of([&] { (void)root.read(file, 100); });
      inspect =
          error_of([&] { (void)recovery::inspect(root, module_a, {}, recovery::Depth::facts); });
    }
    CHECK(stat == EMFILE);
    CHECK(list == EMFILE);
    CHECK(read == EMFILE);
    CHECK(inspect == EMFILE);
  }
  SECTION("a name that is too long") {
    const std::string name(300, 'a');
    const std::string in_it = name + "/x";
    CHECK(error_of([&] { (void)root.stat("x.y/" + name); }) == ENAMETOOLONG);
    CHECK(error_of([&] { (void)root.read(in_it, 9); }) == ENAMETOOLONG);
  }
  SECTION("a link on the way") {
    CHECK(error_of([&] { (void)root.stat("link/a@v1.0.0"); }) == ELOOP);
    CHECK(error_of([&] { (void)root.read("link/a@v1.0.0/go.mod", 100); }) == ELOOP);
    CHECK(root.stat("link").kind == Kind::symlink);
    CHECK_FALSE(root.read("link", 100));
    CHECK_FALSE(root.list("link"));
  }
  SECTION("a disk that does not answer") {
    CHECK(holds_with(SYS_newfstatat, EIO, [&] {
      return error_of([&] { (void)root.stat(file); }) == EIO &&
             error_of([&] { root.remove_tree("x.y"); }) == EIO;
    }));
    // Half a directory is not a directory.
    CHECK(holds_with(SYS_getdents64, EIO, [&] {
      std::vector<std::string> unread;
      return error_of([&] { (void)root.list("x.y"); }) == EIO &&
             error_of([&] { (void)recovery::modules_in(root, unread); }) == EIO;
    }));
    CHECK(fs::exists(dir.path() / file));
  }
}

TEST_CASE("an entry of the build cache is dead only if all of it was seen", "[recovery]") {
  const TempDir dir;
  const std::string action(64, '1'), output(64, '2');
  write_file(dir.path() / "11" / (action + "-a"),
             "v1 " + action + " " + output + "                    4 1700000000000000000\n");
  write_file(dir.path() / "22" / (output + "-d"), "data");
  const Root root(dir.path());
  const auto dead = [&] {
    recovery::Memo memo("", dir.path(), true);
    recovery::Progress progress;
    const recovery::Survey survey = recovery::survey_all(root, memo, progress);
    return survey.dead.size() + (survey.unread.empty() ? 0 : 100);
  };
  CHECK(dead() == 0);
  CHECK(holds_with(SYS_getdents64, EIO, [&] { return dead() == 100; }));
  if (::geteuid() != 0) {
    fs::permissions(dir.path() / "22", fs::perms{0});
    CHECK(dead() == 0);
    fs::permissions(dir.path() / "22", fs::perms{0755});
  }
  fs::remove(dir.path() / "22" / (output + "-d"));
  CHECK(dead() == 1);
}

TEST_CASE("a mode is changed of what was looked at, and of nothing else", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "outside", "");
  write_file(dir.path() / "root/a", "");
  fs::create_symlink("../outside", dir.path() / "root/b");
  fs::permissions(dir.path() / "outside", fs::perms{0600});
  const fs::path a = dir.path() / "root/a", b = dir.path() / "root/b";
  const Root root(dir.path() / "root");
  std::atomic<bool> is_over = false;
  std::thread swapper([&] {
    while (!is_over) ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), 2U);
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  while (std::chrono::steady_clock::now() < end && mode_of(dir.path() / "outside") == 0600)
    error_of([&] { root.chmod("a", 0777); });
  is_over = true;
  swapper.join();
  CHECK(mode_of(dir.path() / "outside") == 0600);
}

TEST_CASE("what is mode 000 gets its mode back on every kernel", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "file", "");
  fs::create_directory(dir.path() / "directory");
  const Root root(dir.path());
  const auto open_up = [&] {
    for (const char* name : {"file", "directory"}) {
      root.chmod(name, 0);
      root.chmod(name, 0750);
      if (mode_of(dir.path() / name) != 0750) return false;
    }
    return true;
  };
  CHECK(open_up());
  CHECK(holds_with(fchmodat2, ENOSYS, open_up));
  CHECK(holds_with(fchmodat2, EPERM, open_up));
}

TEST_CASE("a directory that was writable for a while has its mode back, wherever it is",
          "[recovery]") {
  const TempDir dir;
  const Root root(dir.path());
  root.make_directories("a");
  root.make_directories("b");
  root.chmod("a", 0555);
  {
    const recovery::Writable writable(root, "a");
    root.rename("a", "c");
    root.rename("b", "a");
  }
  CHECK(mode_of(dir.path() / "c") == 0555);
  CHECK((mode_of(dir.path() / "a") & 0700) == 0700);
  root.chmod("c", 0755);
}

TEST_CASE("the umask is told without being changed", "[recovery]") {
  const mode_t before = ::umask(027);
  CHECK(recovery::process_umask() == 027);
  CHECK(::umask(before) == 027);
}

TEST_CASE("root gives its files to the cache's owner, and nothing else", "[recovery]") {
  if (::geteuid() != 0) return skip("needs root");
  const TempDir dir;
  make_cache(dir.path());
  write_file(dir.path() / "secret", "root's");
  write_file(dir.path() / "full/secret", "root's");
  const Root root(dir.path());
  const Given given(dir.path() / "x.y", 12345);
  const auto owner_of = [&](const fs::path& path) {
    struct stat st;
    return ::lstat(path.c_str(), &st) == 0 ? static_cast<long>(st.st_uid) : -1;
  };
  root.make_directories("x.y/new/inner");
  root.write_new("x.y/new/file", "x", 0644);
  for (const char* name : {"new", "new/inner", "new/file"})
    CHECK(owner_of(dir.path() / "x.y" / name) == 12345);
  // The owner was quick, and has put something else under that name.
  fs::create_hard_link(dir.path() / "secret", dir.path() / "x.y/planted");
  fs::rename(dir.path() / "full", dir.path() / "x.y/full");
  root.give_to_owner("x.y/planted");
  root.give_to_owner("x.y/full");
  CHECK(owner_of(dir.path() / "secret") == 0);
  CHECK(owner_of(dir.path() / "x.y/full") == 0);
}

}  // namespace tests

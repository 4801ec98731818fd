// The names of clones, and who holds a lock of hg's.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "recovery/evidence/clone_judge.hpp"
#include "recovery/go/clone_key.hpp"
#include "tests/catch.hpp"

namespace recovery {
namespace {

std::string this_machine() {
  std::array<char, 256> host{};
  REQUIRE(::gethostname(host.data(), host.size() - 1) == 0);
  return host.data();
}

// As mercurial/lock.py writes it.
std::string this_namespace() {
  struct stat st;
  REQUIRE(::stat("/proc/self/ns/pid", &st) == 0);
  std::array<char, 32> hex{};
  std::snprintf(hex.data(), hex.size(), "%llx", static_cast<unsigned long long>(st.st_ino));
  return hex.data();
}

}  // namespace

TEST_CASE("the key of a clone is what go writes into its .info") {
  CHECK(clone_key("git", "https://example.com/a") == "git3:https://example.com/a");
  CHECK(clone_key("hg", "https://example.com/a") == "vcs1.hg:https://example.com/a");
}

TEST_CASE("the URL in a key is told without its user") {
  CHECK(url_without_user("git3:https://me:secret@example.com/a") == "https://example.com/a");
  CHECK(url_without_user("git3:ssh://git@example.com/a@b") == "ssh://example.com/a@b");
  CHECK(url_without_user("vcs1.hg:https://example.com/a@b") == "https://example.com/a@b");
  CHECK(url_without_user("git3:https://me@example.com") == "https://example.com");
  CHECK(url_without_user("git3:/srv/a") == "/srv/a");
  CHECK(url_without_user("") == "");
}

TEST_CASE("a module may come from a repository that its path begins with") {
  CHECK(may_hold("git3:https://example.com/a", "example.com/a"));
  CHECK(may_hold("git3:ssh://git@example.com/a.git", "example.com/a/v2"));
  CHECK(may_hold("vcs1.hg:https://example.com/a", "example.com/a.hg"));
  CHECK(may_hold("vcs1.hg:https://example.com/a", "example.com/a.hg/b"));
  CHECK_FALSE(may_hold("vcs1.hg:https://example.com/a", "example.com/a.hgx"));
  CHECK_FALSE(may_hold("git3:https://example.com/a", "example.com/ab"));
  CHECK_FALSE(may_hold("git3:https://example.com/a", "example.com"));
  CHECK_FALSE(may_hold("git3:/srv/a", "/srv/a"));
  CHECK_FALSE(may_hold("", "example.com/a"));
}

TEST_CASE("a lock of hg's is held by a process of this machine that lives") {
  const std::string pid = ":" + std::to_string(::getpid());
  CHECK(CloneJudge::is_hg_lock_held(this_machine() + "/" + this_namespace() + pid));
  CHECK(CloneJudge::is_hg_lock_held(this_machine() + pid));
  CHECK_FALSE(CloneJudge::is_hg_lock_held(this_machine() + "/1" + pid));
  CHECK_FALSE(CloneJudge::is_hg_lock_held("x" + this_machine() + "/" + this_namespace() + pid));
  CHECK_FALSE(CloneJudge::is_hg_lock_held(this_machine() + "/" + this_namespace() + ":99999999"));
  for (const char* odd : {"", ":", "/", "a/b", ":-1", ":0", "\n", "/:1/"})
    CHECK_FALSE(CloneJudge::is_hg_lock_held(odd));
}

}  // namespace recovery

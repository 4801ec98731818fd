// gomend where the kernel, a container or a limit of the user's gives it less: it mends all the
// same, or ends as go did, and never by a signal of its own (issue 15.13 and 15.16).

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/bed/bed.hpp"
#include "tests/bed/seccomp.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

void break_zip(const Bed& bed) {
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
}

// gomend's exit code, where these calls fail.
int code_without(const Bed& bed, const std::vector<long>& calls, int error, const Args& args) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forbid(calls, error)) ::_exit(77);
    ::_exit(bed.gomend(args).code());
  }
  int raw = 0;
  ::waitpid(child, &raw, 0);
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
}

}  // namespace

TEST_CASE("without the newer system calls what is broken is mended all the same (issue 15.13)",
          "[e2e]") {
  const Go& go = gos().back();
  for (const int error : {ENOSYS, EPERM}) {
    for (const Args& args : {Args{"build", "./..."}, Args{"test", "./..."}}) {
      const Bed bed(go);
      break_zip(bed);
      INFO(args[0] << ", error " << error);
      const int code = code_without(bed, newer_calls(), error, args);
      if (code == 77) return;
      CHECK(code == 0);
      CHECK(difference(bed.pristine_modules(), bed.modules(),
                       {.ignore = {"*.lock", "cache/gomend*"}}) == "");
    }
  }
}

TEST_CASE("a limit on file sizes ends no repair by a signal (issue 15.16)", "[e2e]") {
  const Go& go = gos().back();
  for (const int kibi : {0, 1, 2, 8}) {
    const Bed bed(go);
    break_zip(bed);
    Env env = bed.env;
    env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"];
    const std::string limit = "ulimit -f " + std::to_string(2 * kibi);  // of 512 bytes
    const Ran ran = run({"/bin/sh", "-c", limit + "; exec go list -deps -json ./..."},
                        {.env = env, .cwd = bed.app});
    INFO(kibi << " KiB: " << ran.text());
    CHECK((ran.code() == 0 || ran.code() == 1));
    CHECK(bed.gomend({"list", "-deps", "-json", "./..."}).code() == 0);
  }
}

}  // namespace tests

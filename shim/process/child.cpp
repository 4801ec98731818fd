#include "shim/process/child.hpp"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>

namespace shim {
namespace {

bool started = false;

// Between vfork and exec: the parent waits, its memory is shared, only async-signal-safe calls are
// allowed.
void run_child(const Launch& launch, const Redirect& redirect, const Signals& signals,
               pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (redirect.out >= 0) dup2(redirect.out, STDOUT_FILENO);
  if (redirect.err >= 0) dup2(redirect.err, STDERR_FILENO);
  signals.restore();
  execve(launch.path, launch.argv, launch.env);
}

}  // namespace

[[gnu::noinline]] pid_t spawn(const Launch& launch, const Redirect& redirect,
                              const Signals& signals) {
  const pid_t parent = getpid();
  volatile int failed = 0;
  pid_t child = -1;
  {
    // A Ctrl-C comes to us before there is a child, and ends us, or to both: blocked, it would wait
    // here, and be taken for one that go has got, too.
    const Unblocked default_signals(signals);
    child = vfork();
    if (child == 0) {
      run_child(launch, redirect, signals, parent);
      failed = errno;
      _exit(127);
    }
  }
  if (child < 0) throw std::system_error(errno, std::generic_category(), "vfork");
  if (failed != 0) {
    waitpid(child, nullptr, 0);
    throw std::system_error(failed, std::generic_category(), launch.path);
  }
  started = true;
  return child;
}

bool go_was_started() {
  return started;
}

void become(const Launch& launch) {
  execve(launch.path, launch.argv, launch.env);
}

}  // namespace shim

#include "shim/process/exit_status.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace shim {

void ExitStatus::end_like() const {
  if (signal_ != 0) {
    prctl(PR_SET_DUMPABLE, 0);  // go has left its core file already
    signal(signal_, SIG_DFL);
    sigset_t just_this;
    sigemptyset(&just_this);
    sigaddset(&just_this, signal_);
    raise(signal_);
    sigprocmask(SIG_UNBLOCK, &just_this, nullptr);
  }
  _exit(shell_code());
}

}  // namespace shim

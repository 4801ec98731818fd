#include "shim/signals.hpp"

#include <errno.h>
#include <unistd.h>

#include <system_error>

#include "shim/pipes.hpp"

namespace shim {

Signals::Signals() {
  sigfillset(&blocked_);
  sigdelset(&blocked_, SIGTTIN);
  sigdelset(&blocked_, SIGTTOU);
  sigprocmask(SIG_BLOCK, &blocked_, &inherited_);
  for (int signal : {SIGTTIN, SIGTTOU}) {
    if (sigismember(&inherited_, signal) == 1) sigaddset(&blocked_, signal);
  }
  struct sigaction child = {};
  sigaction(SIGCHLD, nullptr, &child);
  child_ignored_ = child.sa_handler == SIG_IGN;
  if (child_ignored_) signal(SIGCHLD, SIG_DFL);  // else waitpid has nothing to report
  fd_ = out_of_the_way(recovery::Fd(signalfd(-1, &blocked_, SFD_CLOEXEC | SFD_NONBLOCK)));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Signals::~Signals() {
  restore();
}

std::optional<signalfd_siginfo> Signals::read_one() const {
  signalfd_siginfo info;
  if (read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return info;
}

void Signals::restore() const {
  if (child_ignored_) signal(SIGCHLD, SIG_IGN);
  sigprocmask(SIG_SETMASK, &inherited_, nullptr);
}

void Signals::stop_ourselves() const {
  sigset_t just_this;
  sigemptyset(&just_this);
  sigaddset(&just_this, SIGTSTP);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &just_this, nullptr);  // here we stop, and here we go on
  sigprocmask(SIG_BLOCK, &just_this, nullptr);
}

bool reached_group(const signalfd_siginfo& signal) {
  if (signal.ssi_code != SI_KERNEL) return false;
  switch (signal.ssi_signo) {
    case SIGINT:
    case SIGQUIT:
    case SIGHUP:
    case SIGTSTP:
    case SIGCONT:
    case SIGWINCH:
      return true;
    default:
      return false;  // an alarm or a limit of ours, inherited from who started us: meant for go
  }
}

bool asks_to_end(int signal) {
  return signal == SIGINT || signal == SIGQUIT || signal == SIGTERM || signal == SIGHUP;
}

}  // namespace shim

#include "shim/process/signals.hpp"

#include <errno.h>
#include <unistd.h>

#include <initializer_list>
#include <system_error>

#include "shim/process/pipes.hpp"

namespace shim {

namespace {

bool is_ignored(int number) {
  struct sigaction action = {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : numbers) sigaddset(&set, number);
  return set;
}

recovery::Fd wait_for(const sigset_t& set) {
  return out_of_the_way(recovery::Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)));
}

void exit_as_a_shell_says(int number) {
  _exit(128 + number);
}

// The kernel lets no default action end PID 1 of a container: between the attempts, where signals
// are not blocked, this does.
void end_though_pid_1() {
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    if (!is_ignored(number)) signal(number, exit_as_a_shell_says);
  }
}

}  // namespace

Signals::Signals() {
  sigfillset(&blocked_);
  if (is_ignored(SIGHUP)) sigdelset(&blocked_, SIGHUP);  // nohup: go ignores it, too
  sigprocmask(SIG_BLOCK, &blocked_, &inherited_);
  sigset_t read = blocked_;
  stops_ = set_of({SIGTSTP, SIGTTIN, SIGTTOU});
  for (int number : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    sigdelset(&read, number);
    if (sigismember(&inherited_, number) == 1) sigdelset(&stops_, number);
  }
  fd_ = wait_for(read);
  if (fd_) stop_fd_ = wait_for(stops_);
  if (!stop_fd_) {  // no destructor comes: go is to run without us, with everything as it came
    const int reason = errno;
    restore();
    throw std::system_error(reason, std::generic_category(), "signalfd");
  }
  child_ignored_ = is_ignored(SIGCHLD);
  if (child_ignored_) signal(SIGCHLD, SIG_DFL);  // else waitpid has nothing to report
  if (getpid() == 1) end_though_pid_1();
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
  recovery::give_back_signals();
  if (child_ignored_) signal(SIGCHLD, SIG_IGN);
  sigprocmask(SIG_SETMASK, &inherited_, nullptr);
}

std::vector<int> Signals::pending_stops() const {
  sigset_t pending;
  sigpending(&pending);
  std::vector<int> numbers;
  for (int number : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    if (sigismember(&pending, number) == 1 && sigismember(&stops_, number) == 1)
      numbers.push_back(number);
  }
  return numbers;
}

void Signals::let_stop() const {
  sigprocmask(SIG_UNBLOCK, &stops_, nullptr);
  sigprocmask(SIG_BLOCK, &stops_, nullptr);
}

Writing::Writing(const Signals& signals) : signals_(signals) {
  sigset_t set = set_of({SIGTTOU});
  if (sigismember(&signals_.stops_, SIGTTOU) == 1) sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Writing::~Writing() {
  sigprocmask(SIG_SETMASK, &signals_.blocked_, nullptr);
}

bool reached_group(const signalfd_siginfo& signal) {
  if (signal.ssi_code != SI_KERNEL) return false;
  switch (signal.ssi_signo) {
    case SIGINT:
    case SIGQUIT:
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

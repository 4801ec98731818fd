#pragma once
// Signals are waited for, not handled: blocked from the first line of the watch, read from a
// signalfd in the one poll loop, so no code of ours runs in a handler. What go must find as it came
// (mask, ignored SIGCHLD) is kept here.
//
// Signals that stop (SIGTSTP, SIGTTIN, SIGTTOU) are waited for but never read: they stay pending
// until we let them stop us, and a SIGCONT that comes before that makes the kernel drop them, as it
// would have woken plain go.
//
// A SIGSTOP is seen by nobody: sent to gomend alone it leaves go running, where plain go would
// stand still, until go has more to say than a pipe holds.

#include <signal.h>
#include <sys/signalfd.h>

#include <optional>
#include <vector>

#include "recovery/os/changed_signal.hpp"
#include "recovery/os/fd.hpp"

namespace shim {

class Signals {
 public:
  Signals();   // throws std::system_error
  ~Signals();  // everything as it came
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }
  std::optional<signalfd_siginfo> read_one() const;  // absent: nothing there

  int stop_fd() const { return stop_fd_.get(); }  // readable: a signal that stops is pending
  std::vector<int> pending_stops() const;
  void let_stop() const;  // here we stop, and here we go on after a SIGCONT

  // Async-signal-safe, for the child between vfork and exec; and for ourselves before we become go.
  void restore() const;

 private:
  friend class Unblocked;
  friend class Writing;
  sigset_t inherited_ = {};
  sigset_t blocked_ = {};
  sigset_t stops_ = {};
  bool child_ignored_ = false;
  recovery::Fd fd_;
  recovery::Fd stop_fd_;
};

// While it lives signals are let through as they were when we came.
class Unblocked {
 public:
  explicit Unblocked(const Signals& signals) : signals_(signals) {
    sigprocmask(SIG_SETMASK, &signals_.inherited_, nullptr);
  }
  ~Unblocked() { sigprocmask(SIG_SETMASK, &signals_.blocked_, nullptr); }
  Unblocked(const Unblocked&) = delete;
  Unblocked& operator=(const Unblocked&) = delete;

 private:
  const Signals& signals_;
};

// While it lives a signal ends us as it would end go: for recovery, between the attempts. SIGCHLD
// stays at its default, for helpers must be waited for. What our own writes would raise is an error
// of theirs: a limit on file sizes ends go neither, and a reader that has left ends no repair.
class AsInherited {
 public:
  explicit AsInherited(const Signals& signals) : unblocked_(signals) {}

 private:
  const recovery::ChangedSignal limit_{SIGXFSZ, SIG_IGN};  // first: one of ours may be pending
  const recovery::ChangedSignal reader_{SIGPIPE, SIG_IGN};
  const Unblocked unblocked_;
};

// While it lives a terminal on which we may not write stops us (stty tostop). A blocked SIGTTOU
// would let us write.
class Writing {
 public:
  explicit Writing(const Signals& signals);
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  const Signals& signals_;
};

// True for what the terminal sends to the whole foreground group: go has it already. A hangup is
// not: the kernel sends that to the leader of the session alone.
bool reached_group(const signalfd_siginfo& signal);

// True for what asks a program to end: nothing is mended after it.
bool asks_to_end(int signal);

}  // namespace shim

#pragma once
// Signals are waited for, not handled: blocked from the first line of the watch, read from a
// signalfd in the one poll loop, so no code of ours runs in a handler. What go must find as it came
// (mask, ignored SIGCHLD) is kept here.
//
// Not blocked: SIGTTIN and SIGTTOU, whose default (the whole group stops) is what happens with
// plain go.

#include <signal.h>
#include <sys/signalfd.h>

#include <optional>

#include "recovery/fd.hpp"

namespace shim {

class Signals {
 public:
  Signals();   // throws std::system_error
  ~Signals();  // everything as it came
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }
  std::optional<signalfd_siginfo> read_one() const;  // absent: nothing there

  // Async-signal-safe, for the child between vfork and exec; and for ourselves before we become go.
  void restore() const;

  // Stops this process as Ctrl-Z does, until SIGCONT.
  void stop_ourselves() const;

 private:
  friend class AsInherited;
  sigset_t inherited_ = {};
  sigset_t blocked_ = {};
  bool child_ignored_ = false;
  recovery::Fd fd_;
};

// While it lives a signal ends us as it would end go: for recovery, between the attempts. SIGCHLD
// stays at its default, for helpers must be waited for.
class AsInherited {
 public:
  explicit AsInherited(const Signals& signals) : signals_(signals) {
    sigprocmask(SIG_SETMASK, &signals_.inherited_, nullptr);
  }
  ~AsInherited() { sigprocmask(SIG_SETMASK, &signals_.blocked_, nullptr); }
  AsInherited(const AsInherited&) = delete;
  AsInherited& operator=(const AsInherited&) = delete;

 private:
  const Signals& signals_;
};

// True for what the terminal or the kernel sends to the whole foreground group: go has it already.
bool reached_group(const signalfd_siginfo& signal);

// True for what asks a program to end: nothing is mended after it.
bool asks_to_end(int signal);

}  // namespace shim

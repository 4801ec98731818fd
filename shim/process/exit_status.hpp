#pragma once
// How a process ended: by exit(n) or by a signal, never both in one int. Source of truth:
// waitpid(2). Boost's exit_code() says 6 for `exit 6` and for SIGABRT alike, ninja's `status + 128`
// says 6 for a SIGABRT with a core file; this type exists so that such a question can't be asked.
//
// Example: ExitStatus::from_wait(raw).end_like() ends this process as that one ended.

#include <sys/wait.h>

namespace shim {

class ExitStatus {
 public:
  [[nodiscard]] static ExitStatus from_wait(int raw) {
    return WIFSIGNALED(raw) ? signalled(WTERMSIG(raw)) : exited(WEXITSTATUS(raw));
  }
  [[nodiscard]] static ExitStatus exited(int code) { return ExitStatus(code, 0); }
  [[nodiscard]] static ExitStatus signalled(int signal) { return ExitStatus(0, signal); }

  bool success() const { return signal_ == 0 && code_ == 0; }
  bool by_signal() const { return signal_ != 0; }
  int shell_code() const { return signal_ != 0 ? 128 + signal_ : code_; }

  // Ends this process the same way: by the same signal, without a second core file; as PID 1 in a
  // container, where raising it does nothing, with exit 128+n as a shell would say it.
  [[noreturn]] void end_like() const;

  bool operator==(const ExitStatus&) const = default;

 private:
  ExitStatus(int code, int signal) : code_(code), signal_(signal) {}
  int code_;
  int signal_;
};

}  // namespace shim

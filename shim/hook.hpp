#pragma once
// The -exec hook: how `go run` and `go test` in local-directory mode start the user's program with
// the user's own descriptors, though go's went through our pipes. go runs `gomend --gomend-hook
// <socket> PROGRAM ARGS…`; that asks the shim over an abstract Unix socket; the shim first passes
// on what go has said so far, then hands over its own stdout and stderr (SCM_RIGHTS: a descriptor
// that go inherited would be held open by its telemetry child). From then on user code has begun,
// and nothing is ever run again; unless execve fails: then nothing has run (a damaged executable).

#include <string>
#include <vector>

#include "recovery/fd.hpp"

namespace shim {

inline constexpr const char* hook_word = "--gomend-hook";

// The shim's side. One hook at a time; `go test -bench` starts one for each package.
class HookServer {
 public:
  HookServer();  // throws std::system_error
  int fd() const { return listener_.get(); }
  const std::string& name() const { return name_; }

  // Answers one hook. `out_pipe`/`err_pipe`: read ends of our pipes, -1 for none. The bytes in them
  // must have been passed on by `drain` when the hook is let go. `wait(fd)` waits until there is
  // something to read, false: no longer.
  template <class Drain, class Wait>
  void answer(int out_pipe, int err_pipe, Drain drain, Wait wait) {
    const recovery::Fd hook = accept_one();
    if (!hook) return;
    drain();
    if (!hand_over(hook, out_pipe, err_pipe)) return;
    std::string said;
    while (wait(hook.get()) && hear(hook, said)) continue;
    note(said);
  }

  bool user_code_begun() const { return begun_ > 0; }
  const std::string& exec_error() const {
    return exec_error_;
  }  // "fork/exec PATH: exec format error\n"; "" for none

 private:
  recovery::Fd accept_one();
  bool hand_over(const recovery::Fd& hook, int out_pipe, int err_pipe);
  bool hear(const recovery::Fd& hook, std::string& said);  // false: that was all
  void note(const std::string& said);

  recovery::Fd listener_;
  std::string name_;
  int begun_ = 0;  // programs that run or ran
  std::string exec_error_;
};

// argv with our -exec at index `at`. Throws std::runtime_error when our own path can't be written
// there (both kinds of quotes, or we were removed): then plain go runs.
std::vector<std::string> with_hook(std::vector<std::string> argv, int at, const HookServer& hook);

// argv with a hook at index `at` that gives the program `name` as it is in env, where it is noted.
// Throws as with_hook.
inline constexpr const char* take_back_word = "--gomend-take-back";
std::vector<std::string> with_taking_back(std::vector<std::string> argv, int at,
                                          const std::string& name, std::vector<std::string>& env);

// Its side: argv = {self, take_back_word, name, program, args…}.
int run_taking_back(char** argv);

// The hook's side: argv = {self, hook_word, socket, program, args…}. Returns the exit code if the
// program can't be run.
int run_hook(char** argv, char** env);

}  // namespace shim

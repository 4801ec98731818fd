#pragma once
// The -exec hook: how `go run` and `go test` in local-directory mode start the user's program with
// the user's own descriptors, though go's went through our pipes. go runs `gomend --gomend-hook
// <socket> PROGRAM ARGS…`; that asks the shim over an abstract Unix socket; the shim first passes
// on what go has said so far, then hands over its own stdout and stderr (SCM_RIGHTS: a descriptor
// that go inherited would be held open by its telemetry child). From then on user code has begun,
// and nothing is ever run again; unless execve fails: then nothing has run (a damaged executable).
// The hook believes only a socket of the very process that its go descends from (SO_PEERCRED): the
// word alone, typed by somebody, runs nothing.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "recovery/os/fd.hpp"

namespace shim {

inline constexpr const char* hook_word = "--gomend-hook";

// The shim's side. One hook at a time; `go test -bench` starts one for each package.
class HookServer {
 public:
  HookServer();  // throws std::system_error
  int fd() const { return listener_.get(); }
  const std::string& name() const { return name_; }
  void serve(pid_t go) { go_ = go; }  // once it has been started

  // One hook is answered in three steps:
  //   accept; the caller passes on all that is in the pipes; hand_over, with the read ends of our
  //   pipes (-1 for none);
  //   hear, while there is something to read and it says true;
  //   settle: gives what it has said, why the program could not be run ("fork/exec PATH: exec
  //   format error\n"; "" when it runs or ran).
  recovery::Fd accept();  // none: it is gone, or not ours
  bool hand_over(const recovery::Fd& hook, int out_pipe, int err_pipe);
  bool hear(const recovery::Fd& hook);  // false: that was all
  std::string settle();

  bool user_code_begun() const { return begun_ > 0; }

 private:
  recovery::Fd listener_;
  std::string name_;
  pid_t go_ = 0;
  int begun_ = 0;     // programs that run or ran
  std::string said_;  // by the hook that is being heard
};

// argv with our -exec at index `at`. Throws std::runtime_error when our own path can't be written
// there (both kinds of quotes, or we were removed): then plain go runs.
std::vector<std::string> with_hook(std::vector<std::string> argv, int at, const HookServer& hook);

// argv with a hook at index `at` that gives the program `name` as it is in env. It is known by
// `mark`, a socket that go must inherit: it stands for this process, which becomes go. Throws as
// with_hook.
inline constexpr const char* restore_env_word = "--gomend-restore-env";
std::vector<std::string> with_restored_env(std::vector<std::string> argv, int at,
                                           const std::string& name,
                                           const std::vector<std::string>& env, recovery::Fd& mark);

// The hook's side. Absent: no shim of ours has put the word there, whoever typed it; then nothing
// was done, and it is a word like any other. Else the exit code, if the program can't be run.
// argv = {self, hook_word, socket, program, args…}.
std::optional<int> run_hook(char** argv, char** env);
// argv = {self, restore_env_word, "socket:descriptor", "NAME=value" or "NAME", program, args…}.
std::optional<int> run_restoring_env(char** argv);

}  // namespace shim

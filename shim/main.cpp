// gomend: a go that mends its own module cache. Under the name `go` it is the shim, under any other
// name the companion. This file decides which.
//
// What a command that succeeds pays before go runs, in system calls (tests/shim/startup_test.cpp
// has the ceiling; libc's own start comes on top):
//   find the real go   stat, access, open, read, close: of each `go` on PATH up to the real one
//   may we watch?      fcntl(F_GETFD) of 0, 1 and 2: a closed stream can't be passed on
//   exec way           execve
//   watched way        rt_sigprocmask, rt_sigaction, getpid, signalfd (two): signals are waited
//                      for; kcmp: are stdout and stderr one?; a pipe and its ends out of the way
//                      (fcntl, close); rt_sigprocmask, vfork; in the child prctl (dies with us),
//                      getppid, dup2, rt_sigprocmask, execve
//   with the hook      getrandom, socket, bind, listen, readlink: where the hook finds us
// No configuration is read, no rule compiled, no locale set, nothing of OpenSSL's initialised.

#include <unistd.h>

#include <string_view>

#include "shim/companion/companion.hpp"
#include "shim/shim.hpp"
#include "shim/watch/hook.hpp"

namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 4 && std::string_view(argv[1]) == shim::hook_word)
    if (const auto code = shim::run_hook(argv, environ)) return *code;
  if (argc >= 5 && std::string_view(argv[1]) == shim::restore_env_word)
    if (const auto code = shim::run_restoring_env(argv)) return *code;
  if (argc >= 1 && base_name(argv[0]) == "go") shim::be_go({argv, argv + argc});
  return shim::be_companion(argc, argv);
}

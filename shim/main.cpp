// gomend: a go that mends its own module cache. Under the name `go` it is the shim, under any other
// name the companion. This file decides which, and holds the one catch: our own failure ends as
// plain go would have ended.
//
// What a command that succeeds pays before go runs, in system calls (tests/shim_startup_test.cpp
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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>

#include "shim/commands/companion.hpp"
#include "shim/heal.hpp"
#include "shim/hook.hpp"
#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"

namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_set(const char* variable) {
  return getenv(variable) != nullptr;
}

bool mode_is(std::string_view wanted) {
  const char* mode = getenv("GOMEND");
  return mode != nullptr && mode == wanted;
}

[[noreturn]] void complain(const std::string& words, int code) {
  shim::write_all(STDERR_FILENO, "gomend: " + words + "\n");
  _exit(code);
}

// Turned off; or go's own background child, which runs `go mod download` by name; or a stream is
// closed: then nothing could be passed on as it would have gone.
bool leave_alone() {
  return mode_is("off") || is_set("GO_TELEMETRY_CHILD") || !shim::all_standard_streams_open();
}

shim::RealGo real_go() {
  auto found = shim::find_real_go();
  if (!found)
    complain(
        "no go found on PATH or in /usr/local/go; next: set GOMEND_REAL_GO to the path of the real "
        "go",
        127);
  return *found;
}

// What may call `go` again is told that it has been through us. A real go, at last, has the user's
// own environment.
void guard_against_loops(const shim::RealGo& go) {
  if (go.loop_guard.empty())
    unsetenv("GOMEND_VIA");
  else
    setenv("GOMEND_VIA", go.loop_guard.c_str(), 1);
}

[[noreturn]] void be_real_go(const shim::Session& session) {
  shim::become_go(session);
  complain("can't run " + session.go + ": " + strerror(errno), errno == ENOENT ? 127 : 126);
}

[[noreturn]] void be_go(int argc, char** argv) {
  const shim::RealGo go = real_go();
  guard_against_loops(go);
  shim::Session session;
  session.go = go.path;
  session.argv.assign(argv, argv + argc);
  session.env = environ;
  session.advise_only = mode_is("advise");
  if (leave_alone()) be_real_go(session);
  try {
    session.command = shim::classify(session.argv);
    if (session.command.way != shim::Command::Way::exec) shim::run_and_heal(session);
  } catch (const std::exception& failure) {
    // What can fail once go has run is caught where its end is known (heal.cpp). For the rest: user
    // code may have begun.
    if (shim::go_was_started()) complain(std::string("internal error: ") + failure.what(), 1);
  }
  be_real_go(session);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 4 && std::string_view(argv[1]) == shim::hook_word)
    return shim::run_hook(argv, environ);
  if (argc >= 4 && std::string_view(argv[1]) == shim::take_back_word)
    return shim::run_taking_back(argv);
  if (argc >= 1 && base_name(argv[0]) == "go") be_go(argc, argv);
  return shim::be_companion(argc, argv);
}

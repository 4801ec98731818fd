#include "shim/shim.hpp"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

#include "recovery/os/changed_signal.hpp"
#include "recovery/settings/own_settings.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/child.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"
#include "shim/repair_and_retry.hpp"
#include "shim/watch/become_go.hpp"

namespace shim {
namespace {

bool is_set(const char* variable) {
  return getenv(variable) != nullptr;
}

bool mode_is(recovery::Mode wanted) {
  const char* mode = getenv("GOMEND");
  return mode != nullptr && recovery::mode_of(mode) == wanted;
}

[[noreturn]] void complain(const std::string& words, int code) {
  write_all(STDERR_FILENO, "gomend: " + words + "\n");
  _exit(code);
}

// Turned off; or go's own background child, which runs `go mod download` by name; or a stream is
// closed: then nothing could be passed on as it would have gone.
bool leave_alone() {
  return mode_is(recovery::Mode::off) || is_set("GO_TELEMETRY_CHILD") ||
         !all_standard_streams_open();
}

RealGo real_go() {
  auto found = find_real_go();
  if (found) return *found;
  const NoGo none = why_no_go();
  complain(printable(none.words) + "; " + none.next, none.code);
}

// What may call `go` again is told that it has been through us. A real go, at last, has the user's
// own environment.
void guard_against_loops(const RealGo& go) {
  if (go.loop_guard.empty())
    unsetenv("GOMEND_VIA");
  else
    setenv("GOMEND_VIA", go.loop_guard.c_str(), 1);
}

[[noreturn]] void be_real_go(const Session& session) {
  become_go(session);
  const int error = errno;
  complain(printable("can't run " + session.go + ": " + strerror(error)),
           error == ENOENT ? 127 : 126);
}

}  // namespace

void be_go(std::vector<std::string> argv) {
  recovery::give_back_signals();  // the companion may have come here
  const RealGo go = real_go();
  guard_against_loops(go);
  Session session;
  session.go = go.path;
  session.argv = std::move(argv);
  session.env = environ;
  session.advise_only = mode_is(recovery::Mode::advise);
  if (leave_alone()) be_real_go(session);
  try {
    session.command = classify(session.argv);
    if (session.command.way != Command::Way::exec) run_and_heal(session);
  } catch (const std::exception& failure) {
    // What can fail once go has run is caught where its end is known (heal.cpp). For the rest: user
    // code may have begun.
    if (go_was_started()) complain(std::string("internal error: ") + failure.what(), 1);
  }
  be_real_go(session);
}

}  // namespace shim

#pragma once
// One run of go that is watched: what it said is passed on at once, kept for the diagnosis, and
// stdout is held back where the command's stdout is data. For everything but `go test` with
// packages (go_test_run.hpp).

#include <string>
#include <vector>

#include "shim/invocation/session.hpp"
#include "shim/process/exit_status.hpp"
#include "shim/process/signals.hpp"

namespace shim {

struct Attempt {
  ExitStatus status = ExitStatus::exited(0);
  long long started_ns = 0;
  std::string text;              // what go said: stderr, and the errors that its JSON tells
  std::string held;              // stdout that the user has not seen yet
  bool errors_in_data = false;   // it has ended with success, but its data name errors
  bool passed_stdout = false;    // more than could be held has gone through
  bool user_code_begun = false;  // by the hook's word
  bool is_childless = false;     // it has failed, and it is certain that it had started nothing
  bool is_merged = false;        // its stdout and stderr were one
  bool interrupted = false;      // somebody asked us to end
};

Attempt attempt(const Session& session, const Signals& signals);

// Runs it with everything inherited: nothing is read, only signals and the end are seen.
Attempt attempt_unwatched(const Session& session, const std::vector<std::string>& argv,
                          const Signals& signals);

}  // namespace shim

#pragma once
// The second half of a `go test` in which packages could not be built for a damage that has been
// mended since: run only those that never started, and join the two results to what one run would
// have given: stdout one after the other, one exit status, one coverage profile.

#include <string>
#include <vector>

#include "recovery/policy/acting.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/signals.hpp"
#include "shim/watch/go_test_run.hpp"

namespace shim {

// False: two runs on disjoint packages would not give what one gives, or can't be joined: a flag
// that spans packages, a coverage profile that is no regular file, a tool of the user's that would
// see packages twice.
bool may_join(const Session& session, const recovery::acting::Command& command);

// What is to be run: the packages that go was asked for, by go list's answer, and of those the ones
// that are announced as never started or that nothing on stdout has named. A name that only a
// test's output knows is not among them.
struct Rest {
  std::vector<std::string> packages;
  bool is_all = false;  // none of those that were asked for has started
};
Rest rest_of(const Session& session, const TestAttempt& first);

// Runs them. The exit status of both together; `others_failed`: a package failed in the first run
// that is not among them.
ExitStatus run_the_rest(const Session& session, const Rest& rest, bool others_failed,
                        const Signals& signals);

// argv with `packages` in place of the user's package arguments.
std::vector<std::string> with_packages(const Session& session,
                                       const std::vector<std::string>& packages);

// Appends the blocks of profile `from` to profile `to` (all but its "mode:" line).
void append_profile(const std::string& to, const std::string& from);

}  // namespace shim

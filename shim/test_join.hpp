#pragma once
// The second half of a `go test` that was mended on the way: run only the packages that never
// started, and join the two results to what one run would have given: stdout one after the other,
// one exit status, one coverage profile.

#include "shim/session.hpp"
#include "shim/signals.hpp"
#include "shim/test_attempt.hpp"

namespace shim {

// The exit status of both together.
ExitStatus run_the_rest(const Session& session, const TestAttempt& first, const Signals& signals);

// argv with `packages` in place of the user's package arguments.
std::vector<std::string> with_packages(const Session& session,
                                       const std::vector<std::string>& packages);

// Appends the blocks of profile `from` to profile `to` (all but its "mode:" line), and removes
// `from`.
void append_profile(const std::string& to, const std::string& from);

}  // namespace shim

#pragma once
// What the shim knows of an attempt, as values for recovery/policy/acting.hpp, which decides.

#include <string_view>

#include "recovery/policy/acting.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/exit_status.hpp"

namespace shim {

namespace acting = recovery::acting;

// Reads GOFLAGS, Go's env file too: only after go has failed, or said that it can't load something.
acting::Command acting_command(const Session& session, bool is_merged);

// How it ended, for who asks what may follow. `errors_in_data`: with success, but its data tell of
// failures.
acting::Ending ending_of(ExitStatus status, bool interrupted, bool errors_in_data = false);

// A line "# package" (`go list -e` has it behind a position, too): below it go quotes compilers,
// the linker and vet, and they quote whoever wrote what they read.
bool has_heading(std::string_view text);

// The user's patience with a silent go (stall.hpp); 0, none, where a program of his own may be what
// is silent.
int patience_of(const Session& session);

}  // namespace shim

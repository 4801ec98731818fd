#pragma once
// `go test`, watched, to its end: all of it run again where nothing of the user's has run, the
// packages that never started where something has. Never returns.

#include "shim/invocation/session.hpp"
#include "shim/process/signals.hpp"

namespace shim {

[[noreturn]] void heal_test(const Session& session, const Signals& signals);

}  // namespace shim

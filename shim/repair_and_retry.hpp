#pragma once
// The straight line from a command to its end: run it, and if it failed let recovery look; if that
// mended something, run it again, once; end as go did. Never returns, except by an exception before
// go has been started.

#include "shim/invocation/session.hpp"

namespace shim {

[[noreturn]] void run_and_heal(const Session& session);

}  // namespace shim

#pragma once
// The settings without asking go: as far as the environment, Go's env file, the directories above
// and the toolchain's VERSION file tell them. For a look while go is running, which a command that
// succeeds must not be charged with: what it sees decides about waiting, never about a repair
// (recover() asks go itself). GOROOT/go.env and a toolchain that go switches to are not seen.

#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

Settings settings_at_hand(const Request& request);

}  // namespace recovery

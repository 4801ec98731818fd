#pragma once
// `gomend doctor`: is the shim where it should be, which go is behind it; the caches, go's settings
// and the project (recovery/upkeep/doctor/checkup.hpp); with --network the sources. A line each: ✓
// well, ! works today, ✗ fails or is dangerous, and the command that mends it.
//
// Exit status: 0 no ✗, 1 at least one, 2 the question could not be answered.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& doctor_row();

}  // namespace shim

#pragma once
// The time at which something began, to be held against what the disk says of a change.

namespace shim {

long long now_ns();  // CLOCK_REALTIME, in nanoseconds

}  // namespace shim

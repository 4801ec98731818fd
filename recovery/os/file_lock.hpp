#pragma once
// flock(2), waited for with an end: somebody who was stopped keeps a lock for ever.

#include <chrono>

namespace recovery {

// False: it could not be had within `patience` (errno is EWOULDBLOCK), or at all.
bool lock_within(int fd, std::chrono::milliseconds patience);

}  // namespace recovery

#pragma once
// A kernel, or a container's rules, without some system calls.

#include <vector>

namespace tests {

/// From now on these calls of this process, and of all that it starts, fail with `error`. Never
/// again to be taken back: for a child of its own. False: seccomp can't be had here.
bool forbid(const std::vector<long>& calls, int error);

/// openat2, kcmp, close_range and pidfds, and ptrace: as kernels before 5.3, or Docker's rules,
/// have it.
[[nodiscard]] const std::vector<long>& newer_calls();

}  // namespace tests

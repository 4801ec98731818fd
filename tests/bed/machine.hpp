#pragma once
// What this machine lets a test do. A test that can't run here says so: tests/run counts it as
// skipped, not as passed, and prints the reason.
//
// Example: if (::geteuid() != 0) return skip("needs root");

#include <string>

namespace tests {

/// The running test, or a part of it, is left out.
void skip(const std::string& why);

/// Whether a mount namespace of one's own can be had, and something mounted in it.
[[nodiscard]] bool may_mount();
inline constexpr const char* no_mounts = "needs root that may mount";

}  // namespace tests

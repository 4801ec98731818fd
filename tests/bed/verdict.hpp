#pragma once
// What plain go does about a fault is the same every time, and to ask it costs as much as the test
// itself: so it is asked once, and remembered in the work directory, for this Go, this world, this
// row and the texts that make the fault.
//
// Example: const bool is_stuck = remembered(go, row.name, {"e2e/faults_test.cpp"}, [&] { … });

#include <functional>
#include <string>
#include <vector>

#include "tests/bed/gos.hpp"

namespace tests {

/// What `ask` said, now or in an earlier run. `makers`: files below tests/ that make the fault;
/// those of the bed are among them always.
[[nodiscard]] bool remembered(const Go& go, const std::string& row,
                              const std::vector<std::string>& makers,
                              const std::function<bool()>& ask);

}  // namespace tests

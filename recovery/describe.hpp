#pragma once
// Evidence in words, for the user's line and the journal.
//
// Example: "the cached zip is damaged (h1 does not match go.sum)"

#include <string>
#include <vector>

#include "recovery/inspect.hpp"

namespace recovery {

// What is wrong with it; one phrase each.
std::vector<std::string> describe(const ModuleState& state);

std::string joined(const std::vector<std::string>& phrases);  // "one and another"

}  // namespace recovery

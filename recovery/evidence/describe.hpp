#pragma once
// Evidence in words, for the user's line and the journal.
//
// Example: "cached zip is corrupt (checksum does not match go.sum)"

#include <string>
#include <vector>

#include "recovery/evidence/inspect.hpp"

namespace recovery {

// What is wrong with it; one phrase each.
std::vector<std::string> describe(const ModuleState& state);

// Of these, what keeps even its lock from being taken: it goes before anything else is done.
std::vector<std::string> describe_obstacles(const ModuleState& state);

}  // namespace recovery

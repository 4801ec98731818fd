#pragma once
// `gomend history`: what was repaired, from the journal, newest last. One line a repair: when,
// what, why, what was done, and the id under which `gomend restore` finds what was replaced.

#include <string>
#include <vector>

namespace shim {

int history(const std::vector<std::string>& arguments);  // the exit code

}  // namespace shim

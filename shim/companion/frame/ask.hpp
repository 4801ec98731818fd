#pragma once
// A question before something is done that the user has not typed himself.
//
// Example: if (!is_wanted("Run it?", chosen.has("yes"))) return 1;

#include <string>

namespace shim {

// Asks on the terminal, "… [y/N] ". Throws UsageError where there is none to ask on.
bool is_wanted(const std::string& question, bool yes);

}  // namespace shim

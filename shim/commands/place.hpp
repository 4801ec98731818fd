#pragma once
// What install and uninstall have in common: which installation is meant (--system, --dir, --root),
// and how it is told what was done.

#include <string>
#include <vector>

#include "shim/commands/installation.hpp"
#include "shim/commands/options.hpp"

namespace shim {

// Throws Misuse when there is none to be had.
Installation chosen_place(const Chosen& chosen, const std::vector<std::string>& env);

void tell(const Done& done, bool is_dry);  // what was done on stdout, what was not on stderr

}  // namespace shim

#pragma once
// What install and uninstall have in common: which installation is meant (--system, --dir, --root),
// and how it is told what was done.

#include <string>
#include <vector>

#include "shim/companion/frame/options.hpp"
#include "shim/companion/install/installation.hpp"

namespace shim {

inline constexpr Option system_option{"system", "",
                                      "for all users of this machine, or in an image"};
inline constexpr Option dir_option{"dir", "DIR",
                                   "in this directory instead of ~/.local/share/gomend"};
inline constexpr Option root_option{"root", "DIR",
                                    "with --system: install below it, as if it were /"};

// Throws UsageError when there is none to be had.
Installation chosen_place(const ParsedArguments& given, const std::vector<std::string>& env);

void tell(const Done& done, bool is_dry);  // what was done on stdout, what was not on stderr

}  // namespace shim

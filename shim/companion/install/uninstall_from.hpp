#pragma once
// An installation is taken away: what its record names and is as it was put there, and the lines in
// the start-up files. What was changed since stays, and is told.

#include <string>
#include <vector>

#include "shim/companion/frame/row.hpp"
#include "shim/companion/install/installed_files.hpp"

namespace shim {

Done uninstall_from(const Commands& commands, const Installation& place,
                    const std::vector<std::string>& startup_files, bool is_dry);

// What this record names, and what is known without it.
Done take_away(const Commands& commands, const Installation& place, Ground& ground,
               const Record& record, bool is_dry);

}  // namespace shim

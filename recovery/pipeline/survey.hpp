#pragma once
// Which of these modules are broken on the disk: inspected by all processors, within a budget of
// time.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "recovery/evidence/inspect.hpp"
#include "recovery/pipeline/context.hpp"
#include "recovery/repair/repairer.hpp"

namespace recovery {

// What the system can't tell about is no cause, and not sound; and why not.
using Unknown = std::map<ModuleVersion, std::string>;

std::vector<ModuleState> causes_among(const RecoveryContext& context, const Repairer& repairer,
                                      const std::vector<ModuleVersion>& modules, Depth depth,
                                      std::chrono::milliseconds budget, Unknown& unknown);

std::vector<ModuleState> causes_among_suspects(const RecoveryContext& context,
                                               const Repairer& repairer);

// One retry must be enough: once one artefact is known to be corrupt, the rest of the build list is
// looked at too.
std::vector<ModuleState> causes_in_rest(const RecoveryContext& context, const Repairer& repairer);

}  // namespace recovery

#pragma once
// Many commands share one cache, and another gomend may be faster: what made go fail is sound by
// the time we look. Then the command has only to be run again. Told by what has changed since the
// attempt began, less what go itself has just written.

#include <optional>
#include <set>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/go/module_version.hpp"
#include "recovery/os/root.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

// A module version among `named` or `suspects`, all of them sound now, that someone has put right
// since request.started_ns; nullopt if there is none.
std::optional<ModuleVersion> repaired_by_another_process(
    const Root& cache, const Request& request, const std::vector<patterns::Diagnosis>& diagnoses,
    const std::set<ModuleVersion>& named, const std::set<ModuleVersion>& suspects);

}  // namespace recovery

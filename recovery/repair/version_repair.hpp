#pragma once
// The repair of one module version, under its lock: clear the way, take go's lock, look again,
// fetch if the cache itself holds no good copy, verify, swap. Each step leaves the cache valid;
// what is sound keeps its inode; what is replaced goes to quarantine. What the cache still holds is
// used first: a good zip gives back its tree and .mod, a good tree its zip.
//
// What judges is version_check.hpp, what fetches is version_fetch.hpp, and what changes the cache
// are placement.hpp, tree_repair.hpp and package_index.hpp; here is the order of it.

#include "recovery/repair/version_fetch.hpp"

namespace recovery {

// `index_is_suspect`: what go said points at this module, so an index that remembers an error is
// taken for stale. Throws std::system_error when the lock can't be had, or the disk fails.
RepairResult repair(RepairContext& shop, const ModuleVersion& m, const Expected& expected,
                    bool index_is_suspect);

}  // namespace recovery

#pragma once
// The zip of a module version and its extracted tree hold the same files: each gives back the
// other. In a tree only the files that differ are replaced; the rest keep their inodes.
//
// Source of truth: cmd/go/internal/modfetch/fetch.go (download, unzip),
// cmd/go/internal/toolchain/select.go for what go does with a toolchain once it is extracted.

#include <string>

#include "recovery/repair/placement.hpp"

namespace recovery {

// The tree from the zip, whose h1 must be `trusted_h1`. Both throw std::runtime_error when what
// they read is not what was judged before.
void repair_tree(Placement& placement, const Root& cache, const ModuleVersion& m,
                 const std::string& trusted_h1);

// The zip from the tree, whose h1 was `tree_h1`: other bytes than the zip that was lost, the same
// h1; go accepts it.
void rebuild_zip(Placement& placement, const Root& cache, const ModuleVersion& m,
                 const std::string& tree_h1);

}  // namespace recovery

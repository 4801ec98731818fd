#pragma once
// What lies in a module cache at all: every module version of which there is a file in
// cache/download or a tree, and the clones in cache/vcs. Names that are no module's are passed
// over: they are nobody's that go would read. Reads directories only, none of a tree's.
//
// Source of truth: layout.hpp.

#include <set>
#include <string>
#include <vector>

#include "recovery/go/module_version.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

// `unread`: directories that are not ours to read, and may hold more.
std::set<ModuleVersion> modules_in(const Root& cache, std::vector<std::string>& unread);
// Of one module, sorted; what only has go's .partial mark, too.
std::vector<ModuleVersion> versions_in(const Root& cache, const std::string& module_path);
std::vector<std::string> clones_in(const Root& cache);  // "3f…", 64 characters of hex

// Those that these modules come from: "cache/vcs/3f…".
std::set<std::string> clones_of(const Root& cache, const std::set<ModuleVersion>& modules);

}  // namespace recovery

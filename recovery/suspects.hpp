#pragma once
// From what go said to the module versions that may be at fault. Text names them in many ways: by
// module@version, by a path into the cache, by an import path, or only by the user's file in which
// a symbol is undefined. Everything is parsed by Go's rules or dropped; what is left is a place to
// look at, nothing more.

#include <set>
#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/build_list.hpp"
#include "recovery/settings.hpp"

namespace recovery {

// Versions that the text names outright (module@version, paths into the cache).
std::set<ModuleVersion> named_modules(const std::vector<patterns::Diagnosis>& diagnoses,
                                      const Request& request, const Settings& settings);

// And those that it only hints at (import paths, symbols, module paths without a version), by way
// of the build list.
std::set<ModuleVersion> hinted_modules(const std::vector<patterns::Diagnosis>& diagnoses,
                                       const Request& request, const BuildList& list);

// Those of the build list that lie behind a path in the cache that is no module's own: a directory
// above several ("cache/download/github.com/acme/a/@v", "github.com/acme").
std::set<ModuleVersion> modules_behind(const std::vector<patterns::Diagnosis>& diagnoses,
                                       const Request& request, const Settings& settings,
                                       const BuildList& list);

// Import paths of a Go file, as far as its import declarations can be read.
std::vector<std::string> imports_of(const std::string& go_source);

}  // namespace recovery

#pragma once
// From what go said to the module versions that may be at fault. Text names them in many ways: by
// module@version, by a path into the cache, by an import path, or only by the user's file in which
// a symbol is undefined. Everything is parsed by Go's rules or dropped; what is left is a place to
// look at, nothing more.

#include <set>
#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

// Versions that the text names outright (module@version, paths into the cache).
std::set<ModuleVersion> named_modules(const std::vector<patterns::Diagnosis>& diagnoses,
                                      const Request& request, const Settings& settings);

// Versions that the command itself names, as the cache has them: the module of P in
// `go install P@v1.2.3`, M in `go mod download M@v1.2.3`.
std::set<ModuleVersion> modules_of_command(const Request& request, const Root& cache);

// What the command's own arguments ask for: {"example.com/a/cmd", "latest"}. What belongs to the
// program of `go run`, or to tests, is not among them.
struct Asked {
  std::string path, query;  // the query is empty where there is no @
};
std::vector<Asked> asked_for(const Request& request);

// Does the command name this version, or a package of it at this version or a query?
bool is_of_command(const Request& request, const ModuleVersion& m);

// The toolchain in use, if it lies in the module cache.
std::optional<ModuleVersion> toolchain_in_use(const Settings& settings);

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

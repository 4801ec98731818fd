#pragma once
// What the build list of a project needs of the caches. go itself is asked, offline, and nothing of
// a project is written:
//
//   go list -m all   what a build may take packages from, on any platform, tests and tools
//                    included: its files and its tree stay
//   go mod graph     the versions whose go.mod is read on the way there: .mod and .info stay, and
//                    those that go.sum names, for `go mod tidy`
//   go env           the toolchain in the cache that the project runs with stays
//
// Where only what a build reads has ever been cached (since go 1.17 in go.mod a build does not read
// the whole graph), go.mod's own list counts, if all packages and tests load with it.

#include <set>
#include <string>

#include "recovery/go/module_version.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

struct Needs {
  std::set<ModuleVersion> whole;    // files and tree
  std::set<ModuleVersion> go_mods;  // .mod and .info
  std::string mod_cache;            // GOMODCACHE
  std::string build_cache;          // GOCACHE
  std::string failure;              // it can't be told, and why
};

// Of the module or workspace in request.dir. Throws std::runtime_error when go gives no answer.
Needs needs_of(const Request& request);

}  // namespace recovery

#pragma once
// What the build lists of some projects need of a module cache, and the way to be rid of the rest:
// for CI, before the cache is saved. go itself is asked, offline, and nothing of a project is
// written:
//
//   go list -m all   what a build may take packages from, on any platform, tests and tools
//                    included: its files and its tree stay
//   go mod graph     the versions whose go.mod is read on the way there: .mod and .info stay, and
//                    those that go.sum names, for `go mod tidy`
//   go env           the toolchain in the cache that the project runs with stays
//
// Where only what a build reads has ever been cached (since go 1.17 in go.mod a build does not read
// the whole graph), go.mod's own list counts, if all packages and tests load with it. Where none of
// this can be told, nothing may be removed.
//
// What goes is really removed, under go's own lock of each version, by go's own way of marking an
// unfinished tree: a build that waits for the lock fetches it anew. A build that reads a tree takes
// no lock, and can't be seen.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "recovery/module_version.hpp"
#include "recovery/recover.hpp"
#include "recovery/root.hpp"

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

struct Pruned {
  struct Item {
    std::string name;  // "example.com/a@v1.0.0", "cache/vcs/3f…"
    std::uint64_t bytes = 0;
    bool stays_in_part = false;  // its .mod and .info are needed
  };
  std::vector<Item> removed;
  std::vector<std::string> left;  // what could not be removed, and why: somebody holds its lock
  std::uint64_t bytes = 0;        // of all files removed
  std::size_t kept = 0;           // module versions that stay whole
};

enum class Rehearsal { no, yes };  // yes: tells what would go, and touches nothing
Pruned prune(const Root& cache, const Needs& needs, Rehearsal rehearsal);

// Entries of the build cache that go has not used for so many days, by the mtime that go itself
// trims by. Source of truth: cmd/go/internal/cache/cache.go (trimSubdir).
Pruned::Item prune_build_cache(const Root& build_cache, int days, Rehearsal rehearsal);

}  // namespace recovery

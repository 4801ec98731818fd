#pragma once
// The way to be rid of what some projects do not need of a module cache (needs.hpp): for CI, before
// the cache is saved. Where it can't be told what is needed, nothing may be removed.
//
// What goes is really removed, under go's own lock of each version, by go's own way of marking an
// unfinished tree: a build that waits for the lock fetches it anew. A build that reads a tree takes
// no lock, and can't be seen.

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/os/root.hpp"
#include "recovery/upkeep/needs.hpp"

namespace recovery {

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

}  // namespace recovery

#pragma once
// What the user wants out of the module cache: one version, with all that go keeps of it (files in
// cache/download, tree, index of its packages, the clone that it came from), into quarantine, under
// go's locks. And what he wants fetched anew although it is sound: a private tag that was moved.
// Then nothing leaves before the new bytes have come and are well-formed; go has checked them
// against the checksum database, where that is asked at all. go.sum is read, never written.
//
// Source of truth: cmd/go/internal/modfetch/codehost/git.go (stat: a tag that the clone has is not
// asked for again), codehost.go (WorkDir).

#include <string>
#include <vector>

#include "recovery/project/build_list.hpp"
#include "recovery/repair/repair_context.hpp"

namespace recovery {

struct Evicted {
  std::string module;                 // "example.com/a@v1.0.0"
  std::vector<std::string> replaced;  // paths relative to the cache, now in quarantine
  std::string quarantine;             // its id
  std::string before, after;          // h1 of the zip; `after` only if it was fetched again
  bool differs_from_go_sum = false;   // go.sum records other bytes than those that came
  std::string failure;                // then nothing has changed
};

enum class Refetch { no, yes };
Evicted evict(RepairContext& shop, const ModuleVersion& m, const BuildList& list, Refetch refetch);

}  // namespace recovery

#pragma once
// Evidence: what lies in the module cache for one module version, held against what it should be.
// Reads only. What it should be is policy/acceptance's truth(): the go.sum that go used, a verified
// answer of the checksum database, what the majority of ziphash, zip and tree agree on (a module
// that nobody recorded anywhere).
//
// Source of truth: cmd/go/internal/modfetch/fetch.go and cache.go for which artefact go reads when;
// matrix rows for what go does about each kind of damage.

#include <string>
#include <vector>

#include "recovery/evidence/tree.hpp"
#include "recovery/go/module_version.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

enum class Health {
  absent,      // go fetches or makes it again by itself
  sound,       // its bytes are right
  broken,      // its bytes are wrong, or something else stands in its place
  unreadable,  // there, but this user may not read it
  unchecked,   // there; nobody looked inside
};

struct ModuleState {
  explicit ModuleState(ModuleVersion m) : module(std::move(m)) {}

  ModuleVersion module;
  Expected expected;
  std::string truth;     // the h1 that zip, ziphash and tree must have; empty: nobody knows
  std::string obstacle;  // what stands where a directory of this module should be
  Health zip = Health::absent;
  Health ziphash = Health::absent;
  Health go_mod = Health::absent;
  Health info = Health::absent;
  Health lock = Health::absent;
  Health partial = Health::absent;
  Health list = Health::absent;
  Health tree = Health::absent;
  std::string zip_h1;  // empty: not computed, or no zip that can be read
  std::string tree_h1;
  std::string ziphash_text;            // what the file says, if it is an h1
  std::vector<TreeFault> tree_faults;  // filled when a good zip tells what belongs there
  long long newest_change_ns = 0;      // ctime of the youngest broken artefact
  long long newest_absence_ns = 0;     // and of the youngest directory that lacks one; 0: none does

  bool broken() const;
  bool unreadable() const;
  bool present() const {
    return tree != Health::absent || zip != Health::absent || ziphash != Health::absent;
  }
};

enum class Depth {
  facts,       // presence, types, small files: no zip and no tree is read
  used,        // and what go reads: the tree, or the zip where there is no tree
  everything,  // and the zip beside a tree too
};

ModuleState inspect(const Root& cache, const ModuleVersion& m, const Expected& expected,
                    Depth depth);

}  // namespace recovery

#pragma once
// go's index of the packages of one module version, an entry in the build cache: when it is the
// cause of a failure, or was made of a tree that was damaged, it goes, and go makes it anew. What
// an index says is read by go/module_index.hpp.

#include <string>

#include "recovery/evidence/inspect.hpp"
#include "recovery/repair/repair_context.hpp"

namespace recovery {

class PackageIndex {
 public:
  // `is_suspect`: what go said points at this module, so an index that remembers an error is taken
  // for stale.
  PackageIndex(RepairContext& shop, const ModuleVersion& m, bool is_suspect)
      : shop_(shop), m_(m), is_suspect_(is_suspect) {}

  // Must it go? `has_tree`: else it is held against what go will have extracted.
  bool is_cause(bool has_tree) const;
  // When a damage of its own came, one that does not just tell what the tree lacks; 0: none did.
  long long own_change_ns(const ModuleState& state) const;
  bool drop();  // false: there is none

 private:
  std::string entry() const;
  std::vector<std::string> files(bool has_tree) const;
  RepairContext& shop_;
  const ModuleVersion& m_;
  const bool is_suspect_;
};

}  // namespace recovery

#pragma once
// The module versions that a command reads from the cache, and what is recorded about each. A
// superset is fine (an old line of go.sum only costs a look), a gap is not: one retry must be
// enough.
//
// Source of truth: the go.mod files that count and their go.sum; for `go install P@V` the .mod
// files in the cache, from that module on.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/project/requirements.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

class BuildList {
 public:
  // `roots` are the versions that the message named: the only start there is when no main module
  // counts.
  BuildList(const Settings& settings, const Root& cache, const std::set<ModuleVersion>& roots);

  const std::set<ModuleVersion>& modules() const { return modules_; }
  // Is it in one of the user's files, or required by what they name? (Not: a root.)
  bool holds(const ModuleVersion& m) const { return held_.contains(m); }
  // What plain go makes of it, by the go.mods that were in the cache at the first call, or the
  // first one after reread().
  policy::Standing standing(const ModuleVersion& m) const;
  void reread() const { requirements_.reset(); }
  Expected expected(const ModuleVersion& m) const;
  // go says that the checksum database has refuted it: it counts as if go.sum did not have it, and
  // so the database has the last word. Where go does not ask that, nothing was refuted.
  void refute(const std::string& h1);

  // Modules whose path is the import path's prefix, the longest first.
  std::vector<ModuleVersion> providers(std::string_view import_path) const;
  std::vector<ModuleVersion> versions_of(std::string_view module_path) const;

 private:
  void add_from_cache(const ModuleVersion& m);
  const Settings& settings_;
  const Root& cache_;
  GoSums sums_;
  std::set<ModuleVersion> modules_, held_;
  mutable std::optional<Requirements> requirements_;
};

}  // namespace recovery

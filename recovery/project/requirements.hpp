#pragma once
// What plain go makes of the module versions that go.mod, go.work and go.sum name: which of them it
// would ask a source for, and which never. Reads the user's files and the cached go.mods, as go
// does when it loads the module graph; nothing is asked.
//
// Source of truth: cmd/go/internal/modload/buildlist.go (readModGraph: what is pruned),
// modload/modfile.go (resolveReplacement, exclusions); `go help modules`, https://go.dev/ref/mod.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "recovery/go/go_mod.hpp"
#include "recovery/os/root.hpp"
#include "recovery/policy/asking.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

class Requirements {
 public:
  Requirements(const Settings& settings, const Root& cache, const GoSums& sums);

  policy::Standing standing(const ModuleVersion& m) const;

 private:
  // What stands on the right of "=>".
  struct Replacement {
    std::optional<ModuleVersion> module;
    std::string directory;  // absolute; where `module` is empty
  };
  struct File {
    std::vector<ModuleVersion> required;
    bool is_pruned = false;  // go 1.17 and later
    bool is_go_mod = false;
  };
  using Replacements = std::map<std::pair<std::string, std::string>, Replacement>;

  File read_file(std::string_view text) const;
  void read_main(const std::string& text, const std::string& base, Replacements& replacements);
  const Replacement* replacement(const ModuleVersion& m) const;
  void reach(const ModuleVersion& m, bool expands_all, bool expands);
  std::string go_mod_of(const ModuleVersion& m);

  const Root& cache_;
  const GoSums& sums_;
  bool counts_ = false;  // there is a main module, and this command looks at it
  Replacements replacements_;
  std::set<ModuleVersion> excluded_;
  std::set<std::string> own_;  // module paths
  std::set<ModuleVersion> reached_;
  std::set<std::pair<ModuleVersion, bool>> expanded_;
  bool is_complete_ = true;  // no go.mod that counts is missing, or damaged
};

}  // namespace recovery

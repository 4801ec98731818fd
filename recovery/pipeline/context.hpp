#pragma once
// What the text and the settings say together, before anything is inspected: what has failed, where
// to look, and how far we may go.

#include <memory>
#include <set>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/advice/plan.hpp"
#include "recovery/os/root.hpp"
#include "recovery/os/scoped_directory.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

struct RecoveryContext {
  std::vector<patterns::Diagnosis> diagnoses;
  std::vector<patterns::Diagnosis>
      user_rule_matches;  // by rules of the user's own that have advice of their own
  Settings settings;
  Config config;
  std::unique_ptr<ScopedDirectory> lent;  // GOMODCACHE, if it is not there yet
  std::unique_ptr<Root> cache;            // none: what is broken is no module
  std::unique_ptr<BuildList> list;
  std::set<ModuleVersion> named;
  std::set<ModuleVersion> suspects;  // named, and hinted at
  Step step = Step::nothing;

  const patterns::Diagnosis& root() const { return diagnoses.front(); }
  bool is_suspect(const ModuleVersion& m) const { return suspects.contains(m); }
};

// nullptr: the text is not ours, and says nothing. `reads_only`: go waits for the answer, so
// nothing is started and nothing is made.
std::unique_ptr<RecoveryContext> make_context(const Request& request, bool reads_only);

// The half of it that needs no text: for `gomend verify`, these modules are the roots.
void load_settings_and_build_list(const Request& request, bool reads_only, RecoveryContext& context,
                                  const std::set<ModuleVersion>& modules = {});

}  // namespace recovery

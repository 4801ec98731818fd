#pragma once
// The repair of the bare clones in GOMODCACHE/cache/vcs; what is wrong with one is told by
// evidence/clone.hpp.
//
// A broken clone is replaced by one that go fetches beside it; what is broken in a smaller way (a
// lock that a git left behind when it died, an .info) only loses that file. All under go's lock.
//
// Source of truth: cmd/go/internal/modfetch/codehost/codehost.go (WorkDir), git.go.

#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/memo.hpp"
#include "recovery/state/repair_action.hpp"

namespace recovery {

struct CloneMended {
  bool changed = false;
  std::string name;                   // "https://example.com/a" without a password; else the hash
  std::vector<std::string> findings;  // empty: it is sound
  RepairAction action = RepairAction::none;
  std::string failure;
  std::vector<std::string> replaced;  // paths relative to the cache
  std::string quarantine;

  [[nodiscard]] std::string done() const { return words_of(action); }
};

bool points_at_clones(const std::vector<patterns::Diagnosis>& diagnoses, const Settings& settings);

// Those that are broken among the clones that the text may mean. With `look_only` nothing is
// changed.
std::vector<CloneMended> repair_clones(const std::vector<patterns::Diagnosis>& diagnoses,
                                       const Root& cache, const Settings& settings,
                                       const Request& request, const BuildList& list,
                                       bool look_only);

// Nothing has failed: these are looked at, by name ("3f…"); what the memo knows is not, again.
std::vector<CloneMended> verify_clones(const std::vector<std::string>& hashes, const Root& cache,
                                       const Settings& settings, const Request& request,
                                       const BuildList& list, bool look_only, Memo& memo);

}  // namespace recovery

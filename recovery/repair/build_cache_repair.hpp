#pragma once
// The repair of the build cache: what build_cache.hpp's survey proves to be bad goes out of go's
// way, and nothing else. Into quarantine where it can be renamed there; what is proven to be
// garbage and can't be, is removed: go compiles it again. Modes that keep the owner out are given
// back.
//
// Where nothing less helps, the retry gets an environment of its own (`retry_env`):
// GODEBUG=goindex=0 when the index lies behind a GOCACHEPROG, where no entry can be reached; a
// private GOCACHE below gomend's state directory when GOCACHE is somebody else's or on a read-only
// file system.

#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/os/progress.hpp"
#include "recovery/os/root.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/memo.hpp"
#include "recovery/state/repair_action.hpp"

namespace recovery {

struct BuildCacheMended {
  bool changed = false;               // the build cache is better than before
  std::vector<std::string> findings;  // empty: nothing is wrong with it
  RepairAction action = RepairAction::none;
  bool was_opened = false;            // modes that kept the owner out were given back, too
  std::string unread;                 // what the system could not tell about, and why
  std::string failure;                // why it could not be mended; empty if it was
  std::vector<std::string> replaced;  // "gocache/3f/3f…-d": names in the quarantine
  std::string quarantine;             // its id
  long long newest_change_ns = 0;
  std::vector<std::string> retry_env;  // NAME=VALUE, for the retry alone
  std::size_t entries = 0;             // verify_build_cache: that were looked at,
  std::size_t dead = 0;                // and that lead to nothing, which is no fault

  [[nodiscard]] std::string done() const;
};

// Does what go said point at the build cache?
bool points_at_build_cache(const std::vector<patterns::Diagnosis>& diagnoses,
                           const Settings& settings);

// With `look_only` nothing is changed: what is found is told. Without a diagnosis it is a glance:
// what stands in the wrong place, and what of late has been used and can be hashed in a
// quarter of a second.
BuildCacheMended repair_build_cache(const std::vector<patterns::Diagnosis>& diagnoses,
                                    const Settings& settings, const Request& request,
                                    bool look_only);

// Nothing has failed: every entry is looked at (`cache` is GOCACHE).
BuildCacheMended verify_build_cache(const Root& cache, const Settings& settings,
                                    const Request& request, bool look_only, Memo& memo,
                                    Progress& progress);

}  // namespace recovery

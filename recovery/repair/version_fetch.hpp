#pragma once
// What the cache lacks of one module version, from each source that may be asked, in turn. It comes
// into the cache under go's lock, and only once it is verified (version_check.hpp).

#include <string>
#include <vector>

#include "recovery/repair/version_check.hpp"
#include "recovery/state/repair_action.hpp"

namespace recovery {

struct RepairResult {
  bool changed = false;               // the cache is better than before
  std::vector<std::string> findings;  // "cached zip is corrupt (checksum does not match go.sum)"
  bool was_sound = false;             // after all: the checksum database vouches for it
  RepairAction action = RepairAction::none;
  std::string done;     // the same in words: "downloaded again"
  std::string failure;  // why it could not be mended; empty if it was, or nothing was wrong
  std::string why;      // why no other source was asked; empty where there is nothing to say
  std::string source;   // fetched from here, when it was not the first source
  long long newest_change_ns = 0;     // of what was broken
  std::vector<std::string> replaced;  // paths relative to the cache

  void did(RepairAction what) {
    action = what;
    done = words_of(what, source);
  }
};

// Fetches it into the stage, from each source as policy/asking.hpp has it, until one gives the
// right bytes. `result` tells which, or why none has; nothing comes into the cache.
bool fetch_into_stage(RepairContext& shop, VersionCheck& check, RepairResult& result);

// What the cache lacks, from each source that may be asked. Throws as repair() does.
RepairResult fetch_elsewhere(RepairContext& shop, const ModuleVersion& m, const Expected& expected);

// What a stage's fetch_all has brought of it into the cache, once it is verified; `whole`: the zip
// too, else go.mod and .info. `from_own`: the user's own GOPROXY gave it. Nothing is changed where
// nothing came.
RepairResult take_fetched(RepairContext& shop, const ModuleVersion& m, const Expected& expected,
                          bool whole, bool from_own);

}  // namespace recovery

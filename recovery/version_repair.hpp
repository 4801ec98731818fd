#pragma once
// The repair of one module version, under its lock: clear the way, take go's lock, look again,
// fetch if the cache itself holds no good copy, verify, swap. Each step leaves the cache valid;
// what is sound keeps its inode; what is replaced goes to quarantine. What the cache still holds is
// used first: a good zip gives back its tree and .mod, a good tree its zip.

#include <string>
#include <vector>

#include "recovery/inspect.hpp"
#include "recovery/workshop.hpp"

namespace recovery {

struct Mended {
  bool changed = false;               // the cache is better than before
  std::vector<std::string> findings;  // "the cached zip is damaged (h1 does not match go.sum)"
  std::string done;                   // "replaced", "restored from the cached zip"
  std::string failure;  // why it could not be mended; empty if it was, or nothing was wrong
  std::string source;   // fetched from here, when it was not the first source
  long long newest_change_ns = 0;     // of what was broken
  std::vector<std::string> replaced;  // paths relative to the cache
};

// `index_is_suspect`: what go said points at this module, so an index that remembers an error is
// taken for stale. Both throw std::system_error when the lock can't be had, or the disk fails.
Mended repair(Workshop& shop, const ModuleVersion& m, const Expected& expected,
              bool index_is_suspect);

// What a stage's fetch_all has brought of it into the cache, once it is verified; `whole`: the zip
// too, else go.mod and .info. `from_own`: the user's own GOPROXY gave it. Nothing is changed where
// nothing came.
Mended take_fetched(Workshop& shop, const ModuleVersion& m, const Expected& expected, bool whole,
                    bool from_own);

// Where nobody vouches for its bytes, only what plain go would ask may give them.
bool is_vouched_for(const Settings& settings, const ModuleVersion& m, const Expected& expected);

// From the sources behind the first, which gives wrong bytes or none, into the cache.
Mended fetch_elsewhere(Workshop& shop, const ModuleVersion& m, const Expected& expected);

}  // namespace recovery

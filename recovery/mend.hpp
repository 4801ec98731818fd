#pragma once
// Mends one module version in the cache: clear the way, take go's lock, look again, fetch if the
// cache itself holds no good copy, verify, swap. Each step leaves the cache valid; what is sound
// keeps its inode; what is replaced goes to quarantine. What the cache still holds is used first: a
// good zip gives back its tree and .mod, a good tree its zip.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recovery/build_list.hpp"
#include "recovery/module_index.hpp"
#include "recovery/quarantine.hpp"
#include "recovery/sources.hpp"
#include "recovery/stage.hpp"

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

class Mender {
 public:
  Mender(const Root& cache, const Settings& settings, const Request& request,
         const Sources& sources);

  // `index_is_suspect`: the message points at this module, so an index that remembers an error is
  // taken for stale.
  Mended mend(const ModuleVersion& m, const Expected& expected, bool index_is_suspect);

  // Nothing broken, but the first source gives wrong bytes or none: fetches it from the other
  // sources into the cache.
  Mended fetch_missing(const ModuleVersion& m, const Expected& expected);

  // Would mend() find something to do? Reads only.
  bool has_cause(const ModuleState& state, bool index_is_suspect) const;

  // h1 that the checksum database holds, as far as a fetch without go.sum tells; empty if it does
  // not answer.
  struct Testimony {
    std::string sumdb;       // h1 that the database vouches for
    std::string downloaded;  // h1 that the source serves
  };
  Testimony ask_sumdb(const ModuleVersion& m);

  std::string quarantine_id() const { return quarantine_ ? quarantine_->id() : std::string(); }

 private:
  class Work;
  Stage& stage();
  Quarantine& quarantine();

  const Root& cache_;
  std::optional<Root> build_cache_;
  const Settings& settings_;
  const Request& request_;
  const Sources& sources_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Quarantine> quarantine_;
};

// In words, what is wrong with it; one phrase each.
std::vector<std::string> describe(const ModuleState& state);

}  // namespace recovery

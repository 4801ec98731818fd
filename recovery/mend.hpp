#pragma once
// What recover.cpp asks of the disk once it knows where to look: is there a cause, mend it, fetch
// what a source does not give, and what the checksum database says.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "recovery/version_repair.hpp"

namespace recovery {

class Mender {
 public:
  Mender(const Root& cache, const Settings& settings, const Request& request,
         const Sources& sources)
      : shop_(cache, settings, request, sources) {}

  Mended mend(const ModuleVersion& m, const Expected& expected, bool index_is_suspect) {
    return repair(shop_, m, expected, index_is_suspect);
  }

  // Nothing broken, but the first source gives wrong bytes or none: fetches it from the other
  // sources into the cache.
  Mended fetch_missing(const ModuleVersion& m, const Expected& expected) {
    return fetch_elsewhere(shop_, m, expected);
  }

  // A source was down: one more try for all of these at once, with the lists of sources that each
  // may be asked for by (Sources::for_second_try). Gives what has come into the cache.
  struct Lost {
    ModuleVersion module;
    Expected expected;
    bool whole = true;  // the zip too, else go.mod and .info
  };
  std::map<ModuleVersion, Mended> fetch_again(std::vector<Lost> lost, bool first_is_hopeless);

  // Would mend() find something to do? Reads only.
  bool has_cause(const ModuleState& state, bool index_is_suspect) const;

  // What the checksum database vouches for, as far as a fetch without go.sum tells: h1 of the zip
  // and of the go.mod, or of the one that the source serves otherwise. Empty if it does not answer.
  struct Testimony {
    bool is_asked = false;  // it is not, of what GOPRIVATE or GONOSUMDB covers
    std::set<std::string> vouched;
    bool is_served = false;  // the source gives just that
  };
  Testimony ask_sumdb(const ModuleVersion& m);

  void while_it_fetches(std::function<void()> work) { shop_.while_it_fetches(std::move(work)); }

  std::string quarantine_id() const { return shop_.quarantine_id(); }

 private:
  void fetch_in_rounds(std::vector<Stage::Wanted> wanted, const std::string& proxy, int rounds,
                       std::map<ModuleVersion, Mended>& fetched);
  void take(const Stage::Wanted& one, bool from_own, std::map<ModuleVersion, Mended>& fetched);
  Workshop shop_;
};

}  // namespace recovery

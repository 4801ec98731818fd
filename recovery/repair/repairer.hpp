#pragma once
// What recover.cpp asks of the disk once it knows where to look: is there a cause, mend it, fetch
// what a source does not give, and what the checksum database says.

#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "recovery/evidence/inspect.hpp"
#include "recovery/evidence/sumdb_answer.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/repair/version_repair.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

class Repairer {
 public:
  Repairer(const Root& cache, const Settings& settings, const Request& request,
           const Sources& sources)
      : shop_(cache, settings, request, sources) {}

  RepairResult mend(const ModuleVersion& m, const Expected& expected, bool index_is_suspect) {
    return repair(shop_, m, expected, index_is_suspect);
  }

  // See recovery::is_doubted(): mend() then asks the checksum database first.
  bool is_doubted(const ModuleVersion& m, const Expected& expected) const {
    return recovery::is_doubted(shop_, m, expected);
  }

  // Nothing broken, but the first source gives wrong bytes or none: fetches it from the other
  // sources into the cache.
  RepairResult fetch_missing(const ModuleVersion& m, const Expected& expected) {
    return fetch_elsewhere(shop_, m, expected);
  }

  // A source was down: one more try for all of these at once, from the sources that each may be
  // asked for by (Sources::walk). `hopeless`: the entry of GOPROXY that need not be asked again, or
  // empty.
  struct MissingModule {
    ModuleVersion module;
    Expected expected;
    bool whole = true;  // the zip too, else go.mod and .info
  };
  struct FetchedAgain {
    std::map<ModuleVersion, RepairResult> came;  // into the cache
    std::string outage;  // the last one that may pass (policy::may_pass), in go's words
  };
  FetchedAgain fetch_again(const std::vector<MissingModule>& lost, const std::string& hopeless);
  // Would fetch_again() ask anybody for it?
  bool may_fetch_again(const ModuleVersion& m, const std::string& hopeless) const;

  // Would mend() find something to do? Reads only.
  bool has_cause(const ModuleState& state, bool index_is_suspect) const;

  SumdbAnswer ask_sumdb(const ModuleVersion& m);

  std::string quarantine_id() const { return shop_.quarantine_id(); }

 private:
  struct Open {  // a module that is still to be had
    Stage::Wanted wanted;
    Walk walk;
    bool as_plain_go = false;
    policy::Answer answer = policy::Answer::not_asked;  // of the source that is being asked
  };
  // Returns when all were asked for once, or when a source that wants less gives nothing.
  void fetch_once(const std::vector<Open*>& wanted, const std::string& proxy,
                  FetchedAgain& fetched);
  void fetch_in_rounds(std::vector<Open*> wanted, const std::string& proxy, int rounds,
                       FetchedAgain& fetched);
  policy::Answer take(const Open& one, const std::string& error, FetchedAgain& fetched);
  RepairContext shop_;
  std::size_t batch_ =
      std::numeric_limits<std::size_t>::max();  // modules that are asked for at once
  std::chrono::milliseconds pause_{0};          // between two batches
};

}  // namespace recovery

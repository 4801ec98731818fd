#pragma once
// The outcome as it grows, the words for it, and the journal beside it.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "recovery/advice/advice_line.hpp"
#include "recovery/pipeline/context.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/repair/version_repair.hpp"

namespace recovery {

// What could not be repaired, and all that is known of the reasons.
struct Failures {
  std::map<ModuleVersion, std::vector<std::string>> findings;  // what is wrong with it on the disk
  std::map<ModuleVersion, std::string> whys;                   // why no other source was asked
  std::map<ModuleVersion, std::string> errors;                 // what was said of the attempt
  std::map<ModuleVersion, Advice> obstacles;                   // why the cache can't be written to

  void note_reasons(const ModuleVersion& m, const RepairResult& repaired);
  // "could not be replaced: proxy.example.com: 502 Bad Gateway".
  std::string why_not_replaced(const ModuleVersion& m) const;
  // One of `named`, if there is one; there must be a failure.
  std::map<ModuleVersion, std::vector<std::string>>::const_iterator worst(
      const std::set<ModuleVersion>& named) const;
};

class Report {
 public:
  Report(const Request& request, const RecoveryContext& context, const Sources& sources)
      : request_(request), context_(context), sources_(sources) {}

  // Of a module: what is wrong, and what was done.
  void say(const ModuleVersion& m, const std::string& what, const std::string& done,
           bool is_repaired = false);
  // Of a source, or of all.
  void say_of_source(const std::string& words);
  // The command is the user's own, as he typed it: it does not travel.
  void say_of_root(const Advice& advice);
  // The same, of a module.
  void say(const ModuleVersion& m, const Advice& advice);

  void note_repaired(acting::Evidence evidence);
  // Says it, too. `quarantine_id`: where what was replaced lies.
  void note_success(const ModuleVersion& m, const RepairResult& repaired, acting::Evidence evidence,
                    const std::string& quarantine_id);
  // In the journal only: downloaded on retry.
  void note_fetched(const ModuleVersion& m, const RepairResult& repaired,
                    const std::string& quarantine_id);

  // "proxy.example.com: 502 Bad Gateway".
  std::string complaint() const;

  Outcome outcome;

 private:
  bool may_travel(const patterns::Diagnosis& d) const;
  const Request& request_;
  const RecoveryContext& context_;
  const Sources& sources_;
};

}  // namespace recovery

#pragma once
// The disk is sound, and a source of modules is not: it is down, it refuses, it gives wrong bytes,
// or it does not know what another source has. What may be asked, and whom, is policy/asking.hpp's.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "recovery/pipeline/context.hpp"
#include "recovery/pipeline/report.hpp"
#include "recovery/repair/repairer.hpp"

namespace recovery {

class SourceTrouble {
 public:
  SourceTrouble(const Request& request, const RecoveryContext& context, const Sources& sources,
                Repairer& repairer, Report& report, Failures& failures)
      : request_(request),
        context_(context),
        sources_(sources),
        repairer_(repairer),
        report_(report),
        failures_(failures) {}

  // Fetches what is lacking, or says what the retry needs.
  void get_over();

  // Would it, for an outage, fetch what go has named? Reads only, and starts nothing.
  bool is_lacking() const;

 private:
  std::set<ModuleVersion> wanted() const;
  bool is_absent(const ModuleVersion& m, std::string_view extension) const;
  bool is_down() const;
  bool is_hopeless() const;
  std::vector<Repairer::MissingModule> missing_modules() const;
  std::vector<Repairer::MissingModule> fetchable_modules() const;
  void try_again();
  bool may_leave_it_to_go(bool hopeless);
  void leave_it_to_go();
  bool is_own_turn(bool hopeless) const;
  std::map<ModuleVersion, RepairResult> fetch_missing_ones(const std::string& hopeless);
  std::map<ModuleVersion, RepairResult> fetch(const std::vector<Repairer::MissingModule>& lost,
                                              const std::string& hopeless);
  bool is_away(std::vector<Repairer::MissingModule> lost, const std::string& hopeless,
               std::map<ModuleVersion, RepairResult>& fetched);
  void note_outage(bool may_come_later);
  std::string failing_source() const;
  bool may_ask_all_others(bool hopeless);
  bool is_about_sumdb() const;
  void ask_database_again();
  bool may_ask_database_elsewhere();
  void say_would_try(const std::vector<Repairer::MissingModule>& lost, bool hopeless);
  void ask_other_sources(const ModuleVersion& m);
  void check_shared_cache();
  const Request& request_;
  const RecoveryContext& context_;
  const Sources& sources_;
  Repairer& repairer_;
  Report& report_;
  Failures& failures_;
  bool has_asked_ = false;
  bool may_come_later_ = false;  // a source has said so of what it did not give
};

}  // namespace recovery

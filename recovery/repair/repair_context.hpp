#pragma once
// What repairs work with: the caches, the user's settings, the sources; and a stage and a
// quarantine, each made when it is first needed, so that looking alone leaves no trace on the disk.

#include <memory>
#include <optional>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/repair/quarantine.hpp"
#include "recovery/repair/stage.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

class RepairContext {
 public:
  RepairContext(const Root& cache, const Settings& settings, const Request& request,
                const Sources& sources);

  const Root& cache;
  const Settings& settings;
  const Sources& sources;
  std::optional<Root> build_cache;  // GOCACHE, if there is one

  // What the checksum database says of it, where go asks it: proven by what the cache has of it.
  Expected known_answer(const ModuleVersion& m) const;
  // The same; or else asked and verified by go in the stage, by way of the sources that may give
  // the module. Nothing: it gave no answer.
  Expected ask_database(const ModuleVersion& m);

  Stage& stage();
  Quarantine& quarantine();
  // Go's index of one tree, an entry of `build_cache`: kept and removed. False: there is none.
  bool drop_index(const std::string& entry);
  std::string quarantine_id() const { return quarantine_ ? quarantine_->id() : std::string(); }

 private:
  const Request& request_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Quarantine> quarantine_;
};

}  // namespace recovery

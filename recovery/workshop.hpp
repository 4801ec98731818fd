#pragma once
// What repairs work with: the caches, the user's settings, the sources; and a stage and a
// quarantine, each made when it is first needed, so that looking alone leaves no trace on the disk.

#include <functional>
#include <memory>
#include <optional>

#include "recovery/quarantine.hpp"
#include "recovery/sources.hpp"
#include "recovery/stage.hpp"

namespace recovery {

class Workshop {
 public:
  Workshop(const Root& cache, const Settings& settings, const Request& request,
           const Sources& sources);

  const Root& cache;
  const Settings& settings;
  const Sources& sources;
  std::optional<Root> build_cache;  // GOCACHE, if there is one

  Stage& stage();
  // To be done once, while the first go in the stage runs: by then the stage is not made yet.
  void while_it_fetches(std::function<void()> work) { meanwhile_ = std::move(work); }
  Quarantine& quarantine();
  // Go's index of one tree, an entry of `build_cache`: kept and removed. False: there is none.
  bool drop_index(const std::string& entry);
  std::string quarantine_id() const { return quarantine_ ? quarantine_->id() : std::string(); }

 private:
  const Request& request_;
  std::function<void()> meanwhile_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Quarantine> quarantine_;
};

}  // namespace recovery

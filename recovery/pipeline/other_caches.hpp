#pragma once
// What recover() does about the caches that hold no module versions: the build cache, the clones,
// and the checksum database's local state. From a repair's facts to the words, and to the journal.

#include <optional>
#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

// Does go's text point at one of them, whatever else it says?
bool points_at_other_caches(const std::vector<patterns::Diagnosis>& diagnoses,
                            const Settings& settings);

// What go said, and what there is.
struct Place {
  const std::vector<patterns::Diagnosis>& diagnoses;
  const Settings& settings;
  const Request& request;
  const Root* cache;      // GOMODCACHE; null when there is none yet
  const BuildList* list;  // null with it
};

// Modules were damaged, and go has said nothing of the build cache: a short look at it, all the
// same.
class QuickBuildCacheCheck {
 public:
  explicit QuickBuildCacheCheck(const Place& place) : place_(place) {}
  void look();     // reads only; mend() does, where nobody has
  Outcome mend();  // nothing, where there is nothing to mend

 private:
  const Place& place_;
  std::optional<bool> is_suspect_;
};

// Is one of them broken? Reads only.
bool has_cause_in_other_caches(const Place& place);

// go has said that the checksum database shows two histories. Does it, when a go of our own asks it
// for something that this project needs? Text alone proves nothing.
bool shows_fork(const Place& place);

// What go's SECURITY ERROR about a forked database means, and that nothing is mended then.
Outcome fork_alarm();

Outcome repair_other_caches(const Place& place);

}  // namespace recovery

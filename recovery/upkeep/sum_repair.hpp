#pragma once
// `gomend fix --gosum`: what go.sum, and in a workspace go.work.sum and each module's go.sum,
// should hold. go asks the checksum database for each version that they name, by the user's own
// settings and in a stage beside the cache, so that nothing which is cached can vouch for anything.
// Only the user's yes has it written; go.mod is never touched.
//
// Example: for (const SumRepair& r : plan_sum_repairs(request)) if (!r.judged.diff.empty()) …

#include <string>
#include <vector>

#include "recovery/go/sum_text.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

struct SumRepair {
  std::string file;  // as go names it; it may be a link
  std::string old_text;
  SumText::Judged judged;
  std::string why_unproven;  // "the checksum database is off"; empty: all are proven
};

// One for each file that is there. Throws std::runtime_error when there is none, or one can't be
// read as what it is.
std::vector<SumRepair> plan_sum_repairs(const Request& request);

// Puts it in place by a rename, with the mode and owner of what stood there, which is kept in the
// state directory: the path of that. Throws std::runtime_error, and has changed nothing, when it
// can't be done, or the file is no longer what was judged.
std::string write_sum(const std::vector<std::string>& env, const SumRepair& repair);

}  // namespace recovery

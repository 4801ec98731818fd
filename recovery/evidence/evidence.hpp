#pragma once
// What the witnesses say of a module version, brought together for policy/acceptance: go.sum and
// the checksum database (in `expected` and `answer`), and what was found in the cache.

#include "recovery/evidence/inspect.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/policy/acceptance.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

// About what go.sum has no line for.
bool go_asks_sumdb(const Settings& settings, const ModuleVersion& m);

// `state` tells what the cache holds, and what go.sum (or a verified answer that is known already)
// says; `answer` what the database has just said, verified (nothing: it was not asked);
// `unverified` what a record in the cache claims.
struct Witnesses {
  const Settings& settings;
  const ModuleState& state;
  Expected answer = {};
  Expected unverified = {};

  policy::Evidence on_content() const;  // the zip's and the tree's h1
  policy::Evidence on_go_mod() const;
};

}  // namespace recovery

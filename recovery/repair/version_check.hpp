#pragma once
// What the cache holds of one module version, and what may come into it: the witnesses are brought
// together here while the version is repaired, and policy/acceptance judges. What a stage has
// fetched is hashed again by ourselves. Nothing is changed.
//
// Example: VersionCheck check(shop, m, expected);
//          check.look();
//          if (policy::may_come_in(check.of_fetched(policy::Origin::own))) …

#include <optional>
#include <string>
#include <vector>

#include "recovery/evidence/inspect.hpp"
#include "recovery/policy/acceptance.hpp"
#include "recovery/repair/repair_context.hpp"

namespace recovery {

// Where nobody vouches for its bytes, only what plain go would ask may give them.
bool is_vouched_for(const Settings& settings, const ModuleVersion& m, const Expected& expected);

// A record of the checksum database in the cache says otherwise than the cache has it: repair()
// asks the database, and believes that.
bool is_doubted(const RepairContext& shop, const ModuleVersion& m, const Expected& expected);

class VersionCheck {
 public:
  VersionCheck(RepairContext& shop, const ModuleVersion& m, Expected expected)
      : shop_(shop), expected_(std::move(expected)), state_(m) {}

  void look();
  // The database's verified word, where go.sum has none, is what the cache is judged by from now
  // on. False: it said nothing.
  bool believe(const Expected& said);
  // As is_doubted().
  bool has_doubt() const;

  const ModuleVersion& module() const { return state_.module; }
  const ModuleState& state() const { return state_; }
  const Expected& expected() const { return expected_; }
  // What the zip and the tree must have; empty: nobody knows.
  const std::string& trusted_h1() const { return trusted_h1_; }
  // Bytes for the .mod that the cache itself holds, in the zip or the tree, and that go.sum means.
  std::optional<std::string> go_mod_in_cache() const;

  policy::Verdict of_cache() const;  // of what it holds, for itself
  // Of what lies in the stage: whole, or go.mod and .info only. When a zip comes in that the
  // majority in the cache spoke against, everything is judged by it anew.
  policy::Verdict of_fetched(policy::Origin origin);
  policy::Verdict of_fetched_go_mod(policy::Origin origin) const;

 private:
  RepairContext& shop_;
  Expected expected_;
  ModuleState state_;
  std::string trusted_h1_;
};

}  // namespace recovery

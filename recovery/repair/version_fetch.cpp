#include "recovery/repair/version_fetch.hpp"

#include <system_error>

#include "recovery/evidence/evidence.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/repair/placement.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

using policy::Origin;

// One version that the cache lacks, or has in part; under its lock.
class MissingVersion {
 public:
  MissingVersion(RepairContext& shop, const ModuleVersion& m, const Expected& expected)
      : shop_(shop), m_(m), lock_(shop.cache, m, 30s), check_(shop, m, expected), placement_(shop) {
    check_.look();
  }

  RepairResult fetch() {
    RepairResult result;
    if (fetch_into_stage(shop_, check_, result)) {
      put_whole();
      result.did(RepairAction::downloaded);
    }
    return with_changes(std::move(result));
  }

  RepairResult take_whole(Origin origin) {
    if (policy::may_come_in(check_.of_fetched(origin))) put_whole();
    return with_changes({});
  }

  RepairResult take_go_mod(Origin origin) {
    if (policy::may_come_in(check_.of_fetched_go_mod(origin))) {
      put_info_and_go_mod();
      bring_answers();
    }
    return with_changes({});
  }

 private:
  void put_whole() {
    bring_answers();
    put_info_and_go_mod();
    const ModuleState& state = check_.state();
    if (state.zip != Health::sound) placement_.put_staged(m_, ".zip");
    if (state.ziphash != Health::sound && !check_.trusted_h1().empty())
      placement_.put_bytes(check_.trusted_h1(), download_file(m_, ".ziphash"));
  }

  void put_info_and_go_mod() {
    if (shop_.cache.stat(download_file(m_, ".info")).kind == Kind::absent)
      placement_.put_staged(m_, ".info");
    if (check_.state().go_mod != Health::sound) placement_.put_staged(m_, ".mod");
  }

  // The command will ask the database again, perhaps by way of the source that has just failed.
  void bring_answers() {
    if (!go_asks_sumdb(shop_.settings, m_)) return;
    try {
      shop_.stage().hand_over_answers();
    } catch (const std::system_error& error) {  // then it asks
      trace("the database's answers: " + std::string(error.what()));
    }
  }

  RepairResult with_changes(RepairResult result) const {
    result.changed = placement_.has_changed();
    result.replaced = placement_.replaced();
    return result;
  }

  RepairContext& shop_;
  const ModuleVersion& m_;
  const VersionLock lock_;
  VersionCheck check_;
  Placement placement_;
};

}  // namespace

bool fetch_into_stage(RepairContext& shop, VersionCheck& check, RepairResult& result) {
  Walk walk = shop.sources.walk(check.module());
  while (const auto source = walk.next()) {
    const Stage::Fetched fetched =
        shop.stage().fetch(check.module(), check.expected(), source->proxy);
    const auto verdict = fetched.ok
                             ? check.of_fetched(source->as_plain_go ? Origin::own : Origin::other)
                             : policy::Verdict::unverified;
    if (fetched.ok && policy::may_come_in(verdict)) {
      result.failure.clear();
      if (!source->is_first) result.source = source->name;
      return true;
    }
    if (fetched.ok)
      result.failure = source->name + ": rejected: " + std::string(policy::reason(verdict));
    else if (result.failure.empty())
      result.failure = fetched.error;
    walk.answered(fetched.ok ? policy::Answer::wrong_bytes : policy::answer_in(fetched.error));
  }
  result.why = walk.why();
  if (result.failure.empty())
    result.failure =
        result.why.empty() ? "no other source is permitted for this module" : result.why;
  return false;
}

RepairResult fetch_elsewhere(RepairContext& shop, const ModuleVersion& m,
                             const Expected& expected) {
  return MissingVersion(shop, m, expected).fetch();
}

RepairResult take_fetched(RepairContext& shop, const ModuleVersion& m, const Expected& expected,
                          bool whole, bool from_own) {
  MissingVersion missing(shop, m, expected);
  const Origin origin = from_own ? Origin::own : Origin::other;
  return whole ? missing.take_whole(origin) : missing.take_go_mod(origin);
}

}  // namespace recovery

#include "recovery/policy/acting.hpp"

#include <algorithm>

namespace recovery::acting {
namespace {

// Files are stamped by a clock that lags a tick behind (HZ is 100 or more).
constexpr long long tick_ns = 10'000'000;

bool runs_users_code(Kind kind) {
  return kind == Kind::runs || kind == Kind::tool;
}

bool is_damage(Evidence evidence) {
  return evidence == Evidence::newer || evidence == Evidence::older;
}

bool may_run_again(const Command& command, const Signs& signs, Evidence evidence) {
  if (!command.is_repeatable || command.advise_only || command.kind == Kind::asks) return false;
  if (evidence == Evidence::none) return false;
  switch (phase_of(command, signs)) {
    case Phase::loading:
      return true;
    case Phase::building:
      return command.kind != Kind::rewrites;
    case Phase::may_have_run:
      break;
  }
  // `go tool -n` fails for damage that was there before the first start: that one has failed, too.
  return command.kind == Kind::tool && !command.has_users_tool && evidence == Evidence::older;
}

}  // namespace

Phase phase_of(const Command& command, const Signs& signs) {
  if (signs.hook == Hook::begun || signs.has_results) return Phase::may_have_run;
  if (signs.is_childless) return Phase::loading;
  if (command.has_users_tool) return Phase::may_have_run;
  if (runs_users_code(command.kind) && signs.hook != Hook::waits) return Phase::may_have_run;
  return Phase::building;
}

Speaker speaker_of(const Command& command, const Signs& signs) {
  if (signs.has_results || signs.hook == Hook::begun) return Speaker::anyone;
  const bool shows_others = command.kind == Kind::shows && command.is_merged;
  if (shows_others) return Speaker::anyone;
  if (command.kind == Kind::tool) return signs.has_heading ? Speaker::anyone : Speaker::go;
  if (signs.is_childless) return Speaker::go;
  const bool quotes = signs.has_heading || command.kind == Kind::vets;
  const bool is_known = phase_of(command, signs) == Phase::building;
  return is_known && !quotes ? Speaker::go : Speaker::anyone;
}

Evidence weaker(Evidence a, Evidence b) {
  if (a == Evidence::none) return b;
  if (b == Evidence::none) return a;
  return std::min(a, b);
}

Evidence evidence_of_damage(long long newest_change_ns, long long started_ns) {
  const bool is_known = newest_change_ns > 0 && started_ns > 0;
  return is_known && newest_change_ns < started_ns - tick_ns ? Evidence::older : Evidence::newer;
}

bool may_ask_go(const Command& command, const Signs& signs) {
  if (signs.ending != Ending::failed || signs.hook == Hook::begun) return false;
  if (command.advise_only || !command.is_repeatable || command.has_users_tool) return false;
  const bool names_packages = command.kind != Kind::tool && command.kind != Kind::asks;
  return names_packages && speaker_of(command, signs) != Speaker::go;
}

Acts what_may_follow(const Command& command, const Signs& signs, Evidence evidence) {
  Acts acts;
  if (signs.ending == Ending::succeeded || signs.ending == Ending::by_others) return acts;
  acts.look = true;
  acts.run_again = may_run_again(command, signs, evidence);
  if (signs.ending == Ending::running) return acts;  // nothing is said of a go that may succeed
  const bool gos_own = speaker_of(command, signs) == Speaker::go;
  acts.ask_network =
      (gos_own || signs.is_lacking) && !command.advise_only && command.kind != Kind::asks;
  acts.advise = gos_own;
  acts.note = gos_own;
  const bool fetched_what_go_lacked = signs.is_lacking && evidence == Evidence::absent;
  const bool may_act = command.is_repeatable && !command.advise_only;
  acts.run_rest = command.kind == Kind::runs && may_act && !command.has_users_tool &&
                  !acts.run_again && (is_damage(evidence) || fetched_what_go_lacked);
  acts.say_it_works = is_damage(evidence) && !acts.run_again && !signs.may_be_at_fault &&
                      command.kind != Kind::tool && command.kind != Kind::asks;
  return acts;
}

}  // namespace recovery::acting

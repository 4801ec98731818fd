#include "shim/go_test_retry.hpp"

#include <unistd.h>

#include "recovery/os/trace.hpp"
#include "shim/follow_up.hpp"
#include "shim/outage_wait.hpp"
#include "shim/process/words.hpp"
#include "shim/watch/acts.hpp"
#include "shim/watch/attempt.hpp"
#include "shim/watch/go_test_merge.hpp"
#include "shim/watch/go_test_run.hpp"
#include "shim/watch/never_started.hpp"

namespace shim {
namespace {

using recovery::Outcome;

acting::Signs signs_of(const Session& session, const TestAttempt& first) {
  acting::Signs signs;
  signs.ending =
      first.is_killed ? acting::Ending::failed : ending_of(first.status, first.interrupted);
  signs.is_childless = first.is_childless;
  signs.has_heading = has_heading(first.text);
  if (session.command.way == Command::Way::hook) {
    const bool may_have_begun = first.user_code_begun || (!first.is_killed && first.stdout_used);
    signs.hook = may_have_begun ? acting::Hook::begun : acting::Hook::waits;
  }
  signs.has_results = first.has_results;
  signs.may_be_at_fault = first.has_failed_test;
  return signs;
}

// Nothing of the user's has run. If nothing could be mended after all, go's own words come from a
// second run.
[[noreturn]] void start_over(const Session& session, const TestAttempt& first,
                             const Signals& signals) {
  OutageWait outage(session);
  FollowUp after;
  {
    const AsInherited default_signals(signals);
    after = follow_up(session, acting_command(session, first.is_merged), signs_of(session, first),
                      first.text, first.started_ns, outage);
    if (after.is_repaired()) {
      if (reports_repairs()) hand_out(STDERR_FILENO, first.held_err);
      run_again(session, after.outcome, outage, signals);
    }
  }
  const Attempt second = attempt_unwatched(session, session.argv, signals);
  const AsInherited default_signals(signals);
  tell(session, after, outage);
  second.status.end_like();
}

[[noreturn]] void end_as_go_did(const TestAttempt& first) {
  hand_out(STDERR_FILENO, first.held_err);
  std::string held;
  for (const TestLine& line : first.held) held += line.bytes;
  hand_out(STDOUT_FILENO, held);
  const bool is_lost = first.lost_output && first.status.success();
  (is_lost ? ExitStatus::exited(1) : first.status).end_like();
}

// The packages that never started, behind what the others have said. Returns when there are none.
void end_with_the_rest(const Session& session, const TestAttempt& first, const Outcome& outcome,
                       const Signals& signals) {
  Rest rest;
  Remainder remainder;
  try {
    const AsInherited default_signals(signals);
    rest = rest_of(session, first);
    if (rest.packages.empty()) return;
    remainder = without(first.held, rest.packages, session.command.json);
    say(outcome);
    recovery::trace("running the packages that never started");
    if (reports_repairs()) hand_out(STDERR_FILENO, first.held_err);
    hand_out(STDOUT_FILENO, remainder.kept);
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the rest is not known: ") + failure.what());
    return;
  }
  const bool others_failed = first.has_failure || remainder.has_failure;
  try {
    run_the_rest(session, rest, others_failed, signals).end_like();
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the rest could not be run: ") + failure.what());
  }
  hand_out(STDOUT_FILENO, remainder.dropped);
  first.status.end_like();
}

// go has ended by itself.
[[noreturn]] void end_finished(const Session& session, const TestAttempt& first,
                               const Signals& signals) {
  const acting::Signs signs = signs_of(session, first);
  const bool may_be_ours = signs.ending == acting::Ending::failed && !first.user_code_begun;
  OutageWait outage(session);
  FollowUp after;
  {
    const AsInherited default_signals(signals);
    if (!may_be_ours || first.text.empty()) end_as_go_did(first);
    after = follow_up(session, acting_command(session, first.is_merged), signs, first.text,
                      first.started_ns, outage);
    if (after.is_repaired() && after.acts.run_again)
      run_again(session, after.outcome, outage, signals);
  }
  if (after.is_repaired() && after.acts.run_rest && !first.never_started.empty())
    end_with_the_rest(session, first, after.outcome, signals);
  const AsInherited default_signals(signals);
  tell(session, after, outage);
  if (after.is_repaired() && after.acts.say_it_works) say_it_works_now(session);
  end_as_go_did(first);
}

}  // namespace

void heal_test(const Session& session, const Signals& signals) {
  if (session.command.json) report_repairs_on_terminal_only();
  const TestAttempt first = attempt_test(session, signals);
  if (first.is_killed) start_over(session, first, signals);
  end_finished(session, first, signals);
}

}  // namespace shim

#include "shim/follow_up.hpp"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "recovery/advice/advised_command.hpp"
#include "recovery/advice/last_advice.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "shim/process/exit_status.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"
#include "shim/watch/become_go.hpp"
#include "shim/watch/lacking.hpp"

namespace shim {
namespace {

using recovery::Outcome;

// How far it may be believed what is told of an attempt (recovery/policy/acting.hpp).
recovery::Request request_on(const Session& session, const std::string& text, long long started_ns,
                             const acting::Acts& acts) {
  recovery::Request request = request_for(session, text, started_ns);
  request.trust = acts.ask_network || acts.advise ? recovery::Trust::gos_own_words
                                                  : recovery::Trust::may_be_anybodys;
  return request;
}

// go says so itself, asked again; that the words tell of an outage is but the reason to ask.
bool is_lacking(const Session& session, const recovery::Request& request) {
  recovery::Request trusted = request;
  trusted.trust = recovery::Trust::gos_own_words;
  return recovery::lacks(trusted) && go_lacks_modules(session);
}

// A failure of our own costs the user a repair, never a result.
FollowUp try_to_recover(const Session& session, const acting::Command& command,
                        acting::Signs& signs, const std::string& text, long long started_ns,
                        OutageWait& outage) {
  FollowUp after;
  after.acts = what_may_follow(command, signs, acting::Evidence::none);
  if (!after.acts.look) return after;
  try {
    const recovery::Request request = request_on(session, text, started_ns, after.acts);
    if (acting::may_ask_go(command, signs) && is_lacking(session, request)) {
      signs.is_lacking = true;
      after.acts = what_may_follow(command, signs, acting::Evidence::none);
    }
    after.outcome = outage.recover(request_on(session, text, started_ns, after.acts));
    // What was said of the outage may be anybody's words.
    if (signs.is_lacking && after.outcome.kind == Outcome::Kind::advice) after.outcome = {};
  } catch (const std::exception& failure) {
    recovery::trace(std::string("recovery failed: ") + failure.what());
    after.outcome = {};
  }
  return after;
}

}  // namespace

FollowUp follow_up(const Session& session, const acting::Command& command, acting::Signs signs,
                   const std::string& text, long long started_ns, OutageWait& outage) {
  FollowUp after = try_to_recover(session, command, signs, text, started_ns, outage);
  after.acts = what_may_follow(command, signs, after.outcome.evidence);
  return after;
}

void tell(const Session& session, const FollowUp& after, const OutageWait& outage) {
  const Outcome& outcome = after.outcome;
  if (outage.has_given_up()) say(outage.last_word());
  if (outage.has_given_up() && after.is_repaired()) return;  // it was to be tried again
  say(outcome);
  if (outcome.kind != Outcome::Kind::advice || is_quiet() || !after.acts.note) return;
  try {
    const recovery::Request request = request_for(session, "", 0);
    const std::string words = outcome.words.empty() ? "" : outcome.words.back();
    recovery::note_advice(request.env, {.time = "",
                                        .class_id = outcome.class_id,
                                        .dir = request.cwd,
                                        .command = recovery::command_of(outcome.next),
                                        .words = words});
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the advice is not noted: ") + failure.what());
  }
}

void say_running_again(const Session& session, Outcome outcome, const OutageWait& outage) {
  if (!outcome.words.empty())
    outcome.words.back() += outage.waited() + "; retrying \"go " + session.command.verb + "\"";
  say(outcome);
  recovery::trace("running go again");
}

void run_again(const Session& session, const Outcome& outcome, const OutageWait& outage,
               const Signals& signals) {
  say_running_again(session, outcome, outage);
  signals.restore();
  become_go_with(session, outcome.retry_env);
}

void say_it_works_now(const Session& session) {
  std::string command = "go";
  for (std::size_t i = 1; i < session.argv.size(); ++i) command += " " + session.argv[i];
  say("repaired; run again: " + command);
}

void hand_out(int fd, const std::string& text) {
  if (write_all(fd, text) == EPIPE) ExitStatus::signalled(SIGPIPE).end_like();
}

}  // namespace shim

#pragma once
// What follows an attempt that has failed, for every way of running a command: recovery is asked,
// as far as recovery/policy/acting.hpp lets it be; what it says is said; go runs again.

#include <string>

#include "recovery/pipeline/outcome.hpp"
#include "shim/invocation/session.hpp"
#include "shim/outage_wait.hpp"
#include "shim/process/signals.hpp"
#include "shim/watch/acts.hpp"

namespace shim {

struct FollowUp {
  recovery::Outcome outcome;
  acting::Acts acts;
  bool is_repaired() const { return outcome.kind == recovery::Outcome::Kind::repaired; }
};

// Recovery on what go has said, with waiting for a source that is away. Where the words may be
// anybody's, and tell of an outage, go itself is asked whether it lacks modules (lacking.hpp).
FollowUp follow_up(const Session& session, const acting::Command& command, acting::Signs signs,
                   const std::string& text, long long started_ns, OutageWait& outage);

// The end of a command that is not run again: advice that can be carried out is noted for
// `gomend fix`; and that waiting was in vain.
void tell(const Session& session, const FollowUp& after, const OutageWait& outage);

void say_running_again(const Session& session, recovery::Outcome outcome, const OutageWait& outage);

// The retry is go itself, in our place: nothing of ours remains that could show.
void run_again(const Session& session, const recovery::Outcome& outcome, const OutageWait& outage,
               const Signals& signals);

// The cache is sound again, but this command has failed, and can't be run again for the user.
void say_it_works_now(const Session& session);

// What go has said, and the user has not seen yet. Whose reader has left ends as go would have.
void hand_out(int fd, const std::string& text);

}  // namespace shim

#pragma once
// An outage of a source is waited out: recovery is asked again, after waits that grow, until what
// the command needs is there or the user's patience has ended. Nothing of the user's may have run,
// or it would not be asked (recovery/policy/acting.hpp). Signals end us meanwhile as they would
// end go.
//
// GOMEND_PATIENCE=SECONDS, else 30, and 150 in CI (recovery/policy/patience.hpp).

#include <chrono>
#include <string>

#include "recovery/pipeline/outcome.hpp"
#include "recovery/policy/patience.hpp"
#include "recovery/settings/request.hpp"
#include "shim/invocation/session.hpp"

namespace shim {

class OutageWait {
 public:
  explicit OutageWait(const Session& session);

  // recovery::recover(), as often as a source is away and may come back.
  recovery::Outcome recover(recovery::Request request);

  // The outcome lets go run again, because of what a source has given or may give now: is the next
  // attempt to be watched, since it may meet the next thing that is lacking? It has waited where
  // nothing had come. False: go may take our place.
  bool watches_next(const recovery::Outcome& outcome);
  bool has_given_up() const { return has_given_up_; }
  // "proxy.example.com: connection refused; retried for 30 s in vain".
  std::string last_word() const;

  // What the waiting came to, for the line that tells of the outcome: "; waited 14 s", or nothing.
  std::string waited() const;

 private:
  using Clock = std::chrono::steady_clock;
  bool wait(const recovery::Outage& outage);
  void note_progress(const recovery::Outage& outage);
  void tell(const recovery::Outage& outage);
  void wipe();

  bool is_ci_;
  recovery::policy::Patience patience_;
  bool has_come_ = false;  // anything from a source, since the command began
  bool has_given_up_ = false;
  bool line_is_there_ = false;  // one on the terminal, which is rewritten
  int in_vain_ = 0;             // attempts after which nothing more had come
  std::size_t files_ = 0;
  std::string complaint_;
  std::chrono::milliseconds waited_{0};
  Clock::time_point told_;
};

}  // namespace shim

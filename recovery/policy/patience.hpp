#pragma once
// How long an outage of a source is waited out, and when it is asked again. A function of values:
// the caller has the clock, the dice, and the user's setting.
//
// Waits of 0.5, 1, 2, 4, 8, 15, 15 … s, each 30 % more or less: many builds that failed together
// should not come back together. Whenever anything has come, the patience is whole again, and the
// waits begin anew.

#include <chrono>
#include <optional>

namespace recovery::policy {

using Milliseconds = std::chrono::milliseconds;

struct Circumstances {
  std::optional<int> set_seconds = {};  // GOMEND_PATIENCE
  bool is_ci = false;
  bool is_offline = false;  // no way leads out of this machine, and nothing has answered
};
// 30 s; 150 where a job's own time is all that it costs; offline 3 at most. What the user has set
// counts, but offline.
Milliseconds patience_of(const Circumstances& circumstances);

class Patience {
 public:
  explicit Patience(Milliseconds limit) : limit_(limit) {}

  // The next wait; `dice` from 0 to 1. Nothing: it is over. The last one ends with the patience.
  std::optional<Milliseconds> next_wait(double dice);

  // `took`: what asking in vain has taken, on top of the waits.
  void spend(Milliseconds took) { spent_ += took; }
  void something_came() {
    spent_ = Milliseconds(0);
    waits_ = 0;
  }

  void shorten(Milliseconds limit) {
    if (limit < limit_) limit_ = limit;
  }

  Milliseconds limit() const { return limit_; }
  Milliseconds left() const { return spent_ < limit_ ? limit_ - spent_ : Milliseconds(0); }

 private:
  Milliseconds limit_;
  Milliseconds spent_{0};
  int waits_ = 0;
};

}  // namespace recovery::policy

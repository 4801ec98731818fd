#pragma once
// GOMEND_STALL=SECONDS: go itself waits for a silent source for ever. A go is stalled when for that
// long neither it nor what it started has read, written or computed anything, while one of them has
// a connection open (or is making one), and none of them may be the user's code: whoever waits for
// a lock, for stdin or for a test is not. Off unless the user sets it: a slow proxy may have
// reasons.
//
// Source of truth: proc(5), /proc/PID/io, stat, fd and net/tcp.

#include <sys/types.h>

#include <string>

namespace shim {

// The user's patience in seconds; 0: none was set, or what was set is no number from 1 to 86400.
int stall_seconds();

// Says it, and gives the line: go's own words are missing, and a rule knows these
// (patterns/rules/60-network.toml).
std::string tell_of_stall();

class StallGuard {
 public:
  explicit StallGuard(int seconds) : seconds_(seconds) {}

  // For poll(2): how long to wait before is_stalled() is to be asked. -1: for ever.
  int patience_ms() const;

  // Asked when that time has passed without an event.
  bool is_stalled(pid_t go);

 private:
  int seconds_;
  unsigned long long io_ = 0, ticks_ = 0;  // when something was last seen to move
  long long since_ns_ = 0;                 // CLOCK_MONOTONIC; 0: not looked yet
};

}  // namespace shim

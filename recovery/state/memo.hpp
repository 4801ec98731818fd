#pragma once
// What `gomend verify` has read, found right, and need not read again while it has not changed: a
// set of stamps, each the SHA-256 of what was looked at (its names, size, mtime, ctime, inode,
// device, and the hash it must have). One file a cache, $XDG_STATE_HOME/gomend/verified/<hash of
// the cache's path>: "gomend verified 1\n", how many, the stamps sorted, the SHA-256 of all that.
//
// Nobody is trusted with it but its owner: a file that is somebody else's, that others may write,
// that is torn or malformed, counts as none. It is replaced as a whole, by a rename. What changed
// within the last two seconds is never noted: a clock of a few milliseconds' grain could not tell a
// later change.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/h1.hpp"

namespace recovery {

using Stamp = Digest;

class Memo {
 public:
  // Of one cache, by its path; `dir` is gomend's state directory (empty: nothing is known, nothing
  // kept). With `forget` what is known counts as unknown, but what is noted is kept.
  Memo(const std::string& dir, const std::string& cache_path, bool forget);

  // Both from any thread.
  bool knows(const Stamp& stamp);
  void note(const Stamp& stamp, long long changed_ns);  // changed_ns: the youngest ctime in it

  // `is_all`: everything in the cache was looked at, so what was not met is gone. Never throws: a
  // memo that can't be kept costs time, nothing else.
  void save(bool is_all);

 private:
  std::string path_;
  bool forget_;
  long long opened_ns_;
  std::vector<Stamp> known_;  // sorted
  std::mutex mutex_;          // of what follows
  std::vector<Stamp> met_;
  bool has_news_ = false;
};

// Exposed for the fuzzer: nullopt unless it is a whole memo.
std::optional<std::vector<Stamp>> parse_memo(std::string_view bytes);
std::string format_memo(const std::vector<Stamp>& sorted);

}  // namespace recovery

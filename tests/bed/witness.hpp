#pragma once
// What must be as before when a command has ended: the project and GOPATH's record of the checksum
// database (promise 6). And whose words are whose on stderr.
//
// Example: const Witness witness(bed); …; CHECK(witness.changes() == "");
//          CHECK(go_words(ran.err) == go_words(plain.err));

#include <string>
#include <vector>

#include "tests/bed/bed.hpp"

namespace tests {

class Witness {
 public:
  explicit Witness(const Bed& bed);

  /// Names, bytes, modes and inodes, as difference() tells them.
  [[nodiscard]] std::string changes() const;

 private:
  const Bed& bed_;
  Snapshot app_, sumdb_;
};

/// What of `before` is lost or other now, and anything of gomend's own that came. A go that dies
/// while its workers are busy gets further one time than another: new entries of its own tell
/// nothing.
[[nodiscard]] std::string lost_or_changed(const Snapshot& before, const Snapshot& after,
                                          const Compare& compare = {});

/// The lines that are go's own. Sorted: what go's workers say has no order.
[[nodiscard]] std::vector<std::string> go_words(const std::string& text);

/// gomend's lines in their order, without "gomend: ".
[[nodiscard]] std::vector<std::string> gomend_words(const std::string& text);

}  // namespace tests

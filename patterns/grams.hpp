#pragma once
// Which four-byte pieces a text holds, so that most fixed texts are ruled out without searching for
// them: hundreds of rules look at each tail, and a failed go has only a few of their words. May say
// yes where the answer is no, never the reverse.
//
// Example: Grams("go: x").may_hold("unzip ") is false.

#include <string_view>
#include <vector>

namespace patterns {

class Grams {
 public:
  explicit Grams(std::string_view text);

  [[nodiscard]] bool may_hold(std::string_view part) const;

 private:
  std::vector<bool> seen_;
};

}  // namespace patterns

#pragma once
// A go.sum or go.work.sum as text that may be damaged: marks of a merge, torn lines, lines that
// contradict each other. Given what somebody vouches for, it is judged line by line. Nothing is
// read or written here.
//
// A line that is right stays as it is, and where it is. A wrong or torn one gives way to the right
// one, if something vouches for that. What nothing vouches for stays, if there is only one of it;
// else it is refused, and with it the conflict that it stands in.
//
// Source of truth: cmd/go/internal/modfetch/fetch.go (readGoSum, haveModSumLocked).

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/go_mod.hpp"

namespace recovery {

class SumText {
 public:
  explicit SumText(std::string_view text);

  // All that somebody could vouch for.
  std::set<ModuleVersion> modules() const;

  std::optional<ModuleVersion> first_without(const GoSums& vouched) const;

  bool is_readable() const;  // at least one line is one of go.sum's

  struct Refused {
    ModuleVersion module;
    std::string what;  // "line 12: example.com/a v1.0.0: two hashes contradict each other"
  };

  struct Judged {
    std::string text;  // what the file should hold
    std::string diff;  // unified, without context and file names; empty: nothing changes
    std::vector<Refused> refused;
    std::size_t proven = 0;    // lines of `text` that are vouched for
    std::size_t unproven = 0;  // lines of `text` that are as they were, and nothing vouches for
  };
  Judged judged_by(const GoSums& vouched) const;

 private:
  // M V or M V/go.mod.
  struct Key {
    ModuleVersion module;
    bool of_go_mod = false;
    auto operator<=>(const Key&) const = default;
  };

  struct Line {
    enum class Kind {
      entry,  // M V h1:…
      other,  // blank, or a hash that go does not know: it passes over it
      mark,   // <<<<<<<, ||||||| and its like
      base,   // what both sides of a merge came from
      torn,   // no go.sum has it; `key` if that much can be read
    };
    std::string text;  // with the line's end
    Kind kind = Kind::torn;
    std::optional<Key> key;
    std::string hash;
    int conflict = -1;  // number of the conflict that it stands in
  };

  friend class SumJudge;
  static Line read_line(std::string_view text);
  std::vector<Line> lines_;
};

}  // namespace recovery

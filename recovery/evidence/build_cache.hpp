#pragma once
// The build cache, GOCACHE, held against itself: the content of "xx/<output>-d" must hash to
// <output>, and go looks at its size alone. What is wrong there go compiles again once it is gone,
// so the repair of an entry is to take it away: that entry, and no other.
//
//   xx/<action>-a    what an action gave: "v1 <action> <output> <size> <time>"
//   xx/<output>-d    those bytes: an archive, a module index, a test's output; since Go 1.24 also a
//                    directory with one program in it (`go run`, `go tool`)
//
// Nothing here trusts a name that somebody printed: the directory itself is read. What an other go
// is writing at this moment is left alone: it is shorter than any action says.
//
// Source of truth: cmd/go/internal/cache/cache.go (get, OutputFile, copyFile, used).

#include <chrono>
#include <string>
#include <vector>

#include "recovery/os/progress.hpp"
#include "recovery/os/root.hpp"
#include "recovery/state/memo.hpp"

namespace recovery {

struct BadEntry {
  enum class Kind {
    rotten,   // its SHA-256 is not its name
    no_file,  // something else stands where a file, or a bucket, should be
    closed,   // ours, but its mode keeps us out
    foreign,  // somebody else's, and we are kept out
    inert,    // a program that lost its x bit
  };
  std::string rel;  // "3f/3f…-d", "3f/3f…-d/app", "3f/3f…-a", or a bucket: "3f"
  Kind kind = Kind::rotten;
  Stat seen;
};

struct Survey {
  std::vector<BadEntry> bad;
  std::vector<std::string> dead;      // "-a" whose "-d" is gone: go compiles again, no fault
  std::size_t entries = 0;            // that were looked at
  std::string unread;                 // the first that the system could not tell about, and why
  std::vector<std::string> programs;  // "3f/3f…-d" that are directories, the bad ones included
  bool has(BadEntry::Kind kind) const;
};

// Reads only. go marks what it uses (its mtime is at most an hour old then): what has been used
// since `used_since_ns` is hashed first, within `patience`; the rest as long as `budget` lasts.
Survey survey(const Root& build_cache, long long used_since_ns, std::chrono::milliseconds patience,
              std::chrono::milliseconds budget);

// All of it, however long it takes; what the memo knows is not read again.
Survey survey_all(const Root& build_cache, Memo& memo, Progress& progress);

// "2 entries are corrupt (content does not match their SHA-256) and …"; empty for none.
std::vector<std::string> describe(const Survey& survey);

}  // namespace recovery

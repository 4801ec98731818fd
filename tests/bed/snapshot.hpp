#pragma once
// What a directory holds, so that two moments can be compared: names, kinds, bytes, modes, and
// where asked, inodes and times. Symbolic links are entries of their own and never followed.
//
// Example: Snapshot before = snapshot(cache); …; CHECK(difference(before, snapshot(cache), {.inodes
// = true}) == "");

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tests {

struct Entry {
  char kind = '?';         // 'd' directory, 'f' file, 'l' link, '?' other
  mode_t mode = 0;         // permission bits
  std::uint64_t size = 0;  // of files
  std::string digest;      // SHA-256 of files; empty where contents were not read
  std::string target;      // of links
  ino_t inode = 0;
  std::int64_t mtime = 0;  // nanoseconds
};

using Snapshot =
    std::map<std::string, Entry>;  // by path below the directory; "." is the directory itself

/// Empty for a directory that does not exist. `contents` false: names only, for large build caches.
[[nodiscard]] Snapshot snapshot(const std::filesystem::path& directory, bool contents = true);

struct Compare {
  /// Paths (or fnmatch patterns, `*` crosses slashes) left out with all below them: "cache/lock",
  /// "*.lock".
  std::vector<std::string> ignore = {};
  bool inodes = false;
  bool times = false;
};

/// One line a difference, empty if there is none: "- a/b" lost, "+ a/b" new, "~ a/b bytes" changed.
[[nodiscard]] std::string difference(const Snapshot& before, const Snapshot& after,
                                     const Compare& compare = {});

}  // namespace tests

#pragma once
// The real Go toolchains of this machine: the one on PATH, Debian's /usr/lib/go-*, /usr/local/go,
// or those that GOMEND_TEST_GOS names (bin/go files, colon-separated) and no others. A gomend that
// is called go counts as the one behind it.
//
// Example: for (const Go& go : gos()) DYNAMIC_SECTION(go.version) { … }

#include <filesystem>
#include <string>
#include <vector>

namespace tests {

struct Go {
  std::filesystem::path path;  // "/usr/lib/go-1.19/bin/go"
  std::string version;         // "go1.19.8", as go env GOVERSION says
  int minor = 0;               // 19

  [[nodiscard]] std::filesystem::path root() const { return path.parent_path().parent_path(); }
};

/// The oldest first, each version once. Throws if there is none.
[[nodiscard]] const std::vector<Go>& gos();

/// The Gos, from 1.`since` on, with which the n-th row of a table is run: the one whose turn it is,
/// or all if GOMEND_TEST_FULL=1, as in the nightly run. Over the rows each Go has its share.
[[nodiscard]] std::vector<Go> gos_of_row(std::size_t n, int since = 0);

/// GOMEND_TEST_FULL=1: each row in every way with every Go.
[[nodiscard]] bool all_ways();

}  // namespace tests

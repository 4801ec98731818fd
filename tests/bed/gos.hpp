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

}  // namespace tests

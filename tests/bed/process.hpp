#pragma once
// Running programs from tests: with pipes or on a terminal of their own, always within a time
// limit, and with exactly the environment that is given. No shell, and none of gomend's own code:
// what is tested must not test itself.
//
// Example: Ran ran = run({"go", "version"}, {.env = env, .cwd = dir});  CHECK(ran.code() == 0);

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tests {

using Env = std::map<std::string, std::string>;
using Args = std::vector<std::string>;

struct RunOptions {
  Env env = {};                           // the whole environment; argv[0] is looked up on its PATH
  std::filesystem::path cwd = {};         // empty: this process's
  std::optional<std::string> input = {};  // stdin: a file with this content; /dev/null if absent
  bool merged = false;                    // one pipe for stdout and stderr, as after 2>&1
  std::chrono::seconds limit{120};        // then the whole process group is killed
};

struct Ran {
  int status = 0;   // as from waitpid
  std::string out;  // stdout; both streams where merged or on a terminal
  std::string err;
  bool timed_out = false;
  double seconds = 0;

  /// The exit code, or 128+n after signal n.
  [[nodiscard]] int code() const;

  /// All of it, for INFO.
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] Ran run(const Args& argv, const RunOptions& options);

/// On a terminal (80x24) as stdin, stdout and stderr; `input` is typed at once. Lines end in \r\n.
[[nodiscard]] Ran run_pty(const Args& argv, const RunOptions& options);

}  // namespace tests

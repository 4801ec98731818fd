#pragma once
// A quiet helper: runs a command to its end with no terminal, its output captured, its time
// bounded. For `go env`, `go mod download` in a staging directory, `go tool -n`. Never for the
// user's own command: its launcher closes every descriptor above 2. The only file that knows
// Boost.Process.
//
// The helper dies with this process (PR_SET_PDEATHSIG), and stays in its process group, so that
// Ctrl-C reaches it.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace recovery {

struct RunResult {
  bool ok = false;         // it exited with status 0
  bool timed_out = false;  // it was killed after `limit`
  int exit_code = -1;      // -1 when it died of a signal or never ran
  std::string out;
  std::string err;
};

// argv[0] is the absolute path of the program. Output beyond 16 MiB is read and dropped.
// Throws std::system_error when the program can't be started.
//
// `meanwhile` is called once it runs, and what it says is read only then: for work that can be done
// while it waits for a source. No thread of that work may outlive the call (the next one forks).
RunResult run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
              const std::string& dir, std::chrono::milliseconds limit,
              const std::function<void()>& meanwhile = nullptr);

// env with NAME set to value (added, or the last one replaced).
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value);
std::string env_value(const std::vector<std::string>& env, const std::string& name);

// The first program of that name in an absolute directory on the environment's PATH; empty: none.
std::string program_on_path(const std::vector<std::string>& env, const std::string& name);

}  // namespace recovery

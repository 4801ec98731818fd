#pragma once
// A quiet helper: runs a command to its end with no terminal, its output captured, its time
// bounded. For `go env`, `go mod download` in a staging directory, `go tool -n`. Never for the
// user's own command: its launcher closes every descriptor above 2. The only file that knows
// Boost.Process.
//
// The helper dies with this process (PR_SET_PDEATHSIG), and stays in its process group, so that
// Ctrl-C reaches it.

#include <chrono>
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
RunResult run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
              const std::string& dir, std::chrono::milliseconds limit);

// The same, with no limit on work that goes on: it is killed after it has moved no byte for so
// long, of files or sockets, nor has anything that it started (proc(5), /proc/PID/io).
RunResult run_while_it_moves(const std::vector<std::string>& argv,
                             const std::vector<std::string>& env, const std::string& dir,
                             std::chrono::milliseconds silence);

}  // namespace recovery

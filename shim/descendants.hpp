#pragma once
// Who runs below a stopped go, by /proc: to tell whether a test has been started, and to end them
// all with it.

#include <sys/types.h>

#include <string>
#include <vector>

namespace shim {

// All descendants of `ancestor`, itself not among them; go's telemetry child, which is in a session
// of its own, neither.
std::vector<pid_t> descendants_of(pid_t ancestor);

// True unless it is certain that the process is one of go's own helpers (compile, link, git, …): a
// linked *.test, a process that is still go itself (between fork and exec), and anything unknown
// count as the user's code.
bool may_be_user_code(pid_t pid);

}  // namespace shim

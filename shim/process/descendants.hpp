#pragma once
// Who runs below a stopped go, by /proc: to tell whether a test has been started, and to end them
// all with it.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace shim {

// All descendants of `ancestor`, itself not among them; go's telemetry child, which is in a session
// of its own, neither.
std::vector<pid_t> descendants_of(pid_t ancestor);

// Those that it has started itself, by /proc.
std::vector<pid_t> children_of(pid_t parent);

// The same; nullopt when one may be there that can't be seen: no /proc, that of another PID
// namespace, one that hides processes (hidepid), an entry that can't be read.
std::optional<std::vector<pid_t>> all_descendants_of(pid_t ancestor);

// True unless it is certain that no child of `pid` has ever ended: then nothing it started can have
// done anything, but what all_descendants_of() tells. The kernel adds the page faults of children
// to their parent when it waits for them, and no process comes without any (proc(5), cminflt).
// Right for a zombie, too.
bool may_have_had_children(pid_t pid);

// True unless it is certain that the process is one of go's own helpers (compile, link, git, …): a
// linked *.test, a process that is still go itself (between fork and exec), and anything unknown
// count as the user's code.
bool may_be_user_code(pid_t pid);

}  // namespace shim

#pragma once
// The temporary directory of a go that we are about to kill, which it can't remove by itself any
// more. Nothing that a program printed ever names it: it is looked for in the temporary directory,
// must be ours, younger than the command, and known to that go: its path is found in the stopped
// process's own memory. Source of truth: cmd/go/internal/work (NewBuilder: os.MkdirTemp(GOTMPDIR,
// "go-build")).
//
// Example: "/tmp/go-build3862519041".

#include <sys/types.h>

#include <string>

namespace shim {

// "" when it is not certain. `go` must be stopped; `started_ns` as from now_ns() before it was
// started.
std::string work_dir_of(pid_t go, long long started_ns);

// Removes it; the go that owned it must be gone, and its helpers.
void remove_work_dir(const std::string& dir);

}  // namespace shim

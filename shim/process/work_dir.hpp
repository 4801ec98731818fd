#pragma once
// The temporary directory of a go that we are about to kill, which it can't remove by itself any
// more. Proof, or nothing: no text that a program printed, or that stands in go's memory, names it,
// but what that very go has just told a tool of its own to write, which runs as its child
// (compile -o /tmp/go-build3862519041/b003/_pkg_.a). It lies right in the temporary directory, is
// ours, and was made after that go was started. Without such a child it is left where it is.
//
// Sources of truth: cmd/go/internal/work (NewBuilder: os.MkdirTemp(GOTMPDIR, "go-build"); gc.go,
// exec.go: the tools' command lines), /proc.

#include <sys/types.h>

#include <optional>
#include <string>

namespace shim {

struct WorkDir {
  std::string parent;  // "/tmp"
  std::string name;    // "go-build3862519041"
  dev_t device = 0;
  ino_t inode = 0;
};

// Absent when it is not certain. `go` must be stopped; `started_ns` as from now_ns() before it was
// started.
std::optional<WorkDir> work_dir_of(pid_t go, long long started_ns);

// Removes it, if it is still the same; the go that owned it must be gone, and its helpers.
void remove_work_dir(const WorkDir& dir);

}  // namespace shim

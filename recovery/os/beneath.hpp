#pragma once
// The walk from a directory down to a path in it, which nobody can lead outside by a link that he
// puts in the way meanwhile: openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS; step by step
// where the kernel or a container's seccomp filter lacks it. For Root (root.hpp) alone.

#include <sys/types.h>

#include <string>

#include "recovery/os/fd.hpp"

namespace recovery {

// -1: see errno, as openat2(2) has it; EINVAL for a path that is absolute or has "." or ".." in it.
int open_beneath(int root, const std::string& rel, int flags, mode_t mode);

[[noreturn]] void throw_errno(const std::string& what);  // std::system_error

// The directory that holds rel's last name, and that name: what the *at system calls want.
struct ParentDir {
  int at = -1;  // invalid: see errno
  std::string name;
  Fd opened;  // empty where it is the root itself
};
ParentDir parent_of(int root, const std::string& rel);

}  // namespace recovery

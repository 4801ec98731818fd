#pragma once
// What the kernel tells of a process: proc(5).

#include <sys/types.h>

#include <string>

namespace shim {

std::string in_proc(pid_t pid, const char* file);  // "/proc/4711/stat"

// Its first 4 KiB, which is all of most files there; empty if it can't be read.
std::string read_proc(pid_t pid, const char* file);

pid_t parent_of(pid_t pid);  // 0: it can't be told

}  // namespace shim

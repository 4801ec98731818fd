#pragma once
// A process with all that it has started, to end it, or to see whether it gets on: a go whose git
// or ssh would go on for ever.
//
// Each process is stopped before one looks for what it has started, so that nothing is started
// meanwhile; and held by a pidfd, so that no signal reaches a stranger that got the number of one
// that has gone. Where the kernel has no pidfds the parents, which are stopped, keep the numbers of
// their children.
//
// Source of truth: /proc/PID/stat (proc(5)). Where /proc can't be read, only the process itself
// ends. One that has made itself a daemon is out of reach; go's telemetry child is left alone.

#include <sys/types.h>

namespace recovery {

// `root` is a child of this process that has not been waited for. It is still to be waited for.
void end_with_all_below(pid_t root);

// Bytes that read(2), write(2) and their kin have moved, of sockets, too (/proc/PID/io: rchar,
// wchar); 0 if it can't be told. More or less than before: something has moved.
unsigned long long bytes_moved(pid_t pid);
// The same of it and all that it has started, and that is still there.
unsigned long long bytes_moved_below(pid_t root);

}  // namespace recovery

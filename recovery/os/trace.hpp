#pragma once
// GOMEND_TRACE: one line for each step of gomend's own work, with the time since the start.

#include <string>

namespace recovery {

// A stage of this process's work with a duration, for GOMEND_TRACE. Does nothing unless set_trace
// was called.
void set_trace(int fd);  // not owned
void trace(const std::string& step);

}  // namespace recovery

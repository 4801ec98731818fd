#include "recovery/os/trace.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

#include "recovery/os/outside_text.hpp"

namespace recovery {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<int> trace_fd = -1;  // steps are told by several threads
const Clock::time_point trace_start = Clock::now();

}  // namespace

void set_trace(int fd) {
  trace_fd = fd;
}

void trace(const std::string& step) {
  const int fd = trace_fd;
  if (fd < 0) return;
  const std::string line = printable(redacted(step).substr(0, 1000));
  const std::chrono::duration<double, std::milli> passed = Clock::now() - trace_start;
  char text[1200];
  const int size = std::snprintf(text, sizeof text, "gomend: trace: %8.1f ms  %.1000s\n",
                                 passed.count(), line.c_str());
  const auto used = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof text - 1);
  if (::write(fd, text, used) < 0) trace_fd = -1;
}

}  // namespace recovery

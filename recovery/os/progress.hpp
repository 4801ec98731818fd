#pragma once
// Work for all processors, and how far it is.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace recovery {

// Read by whoever shows it, while the work is going on.
struct Progress {
  std::atomic<std::uint64_t> total = 0;  // bytes on the disk, roughly
  std::atomic<std::uint64_t> done = 0;
};

// How many threads are worth it for `count` pieces of work.
std::size_t useful_threads(std::size_t count);

}  // namespace recovery

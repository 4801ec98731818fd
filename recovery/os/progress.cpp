#include "recovery/os/progress.hpp"

#include <algorithm>
#include <thread>

namespace recovery {

std::size_t useful_threads(std::size_t count) {
  return std::max<std::size_t>(
      1, std::min<std::size_t>({count, std::thread::hardware_concurrency(), 64}));
}

}  // namespace recovery

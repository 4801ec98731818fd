#include "recovery/os/file_lock.hpp"

#include <sys/file.h>

#include <cerrno>
#include <thread>

namespace recovery {

bool lock_within(int fd, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    errno = EWOULDBLOCK;
  }
  return true;
}

}  // namespace recovery

#include "recovery/version_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "recovery/layout.hpp"

namespace recovery {

namespace {

std::string lock_file(const Root& cache, const ModuleVersion& m) {
  cache.make_directories(download_dir(m));
  return download_file(m, ".lock");
}

}  // namespace

VersionLock::VersionLock(const Root& cache, const ModuleVersion& m,
                         std::chrono::milliseconds patience)
    : VersionLock(cache, lock_file(cache, m), patience) {}

VersionLock::VersionLock(const Root& cache, const std::string& rel,
                         std::chrono::milliseconds patience) {
  const bool is_new = cache.stat(rel).kind == Kind::absent;
  fd_ = cache.open(rel, O_RDWR | O_CREAT, 0666);
  if (is_new) cache.give_to_owner(rel);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() > deadline) {
      throw std::system_error(errno, std::generic_category(), cache.absolute(rel));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace recovery

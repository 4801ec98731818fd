#include "recovery/version_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>
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
                         std::chrono::milliseconds patience)
    : cache_(cache), rel_(rel) {
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

// Who waits for the lock has the file open, and would hold a lock that nobody else can see.
void VersionLock::retire() const {
  const auto previous = std::signal(SIGIO, SIG_IGN);  // what tells of somebody who opens it now
  if (::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) == 0) {
    cache_.remove(rel_);
    ::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
  }
  std::signal(SIGIO, previous);
}

}  // namespace recovery

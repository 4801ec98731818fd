#include "recovery/repair/version_lock.hpp"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "recovery/go/layout.hpp"
#include "recovery/os/changed_signal.hpp"
#include "recovery/os/file_lock.hpp"

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
  if (!lock_within(fd_.get(), patience))
    throw std::system_error(errno, std::generic_category(), cache.absolute(rel));
}

// Who waits for the lock has the file open, and would hold a lock that nobody else can see.
void VersionLock::retire() const {
  const ChangedSignal somebody_opens_it(SIGIO, SIG_IGN);
  if (::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) == 0) {
    cache_.remove(rel_);
    ::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
  }
}

}  // namespace recovery

#pragma once
// go's own lock for one module version, cache/download/…/@v/V.lock, or one clone: flock(2),
// exclusive. gomend takes it before it fetches anything and keeps it until it has swapped, so that
// no go sees a half-mended version and no two mend at once.
//
// Source of truth: cmd/go/internal/modfetch/cache.go (lockVersion), lockedfile. A lock file is
// never removed while anybody else has it open; what is no regular file can't be one, and is itself
// the fault.

#include <chrono>
#include <string>

#include "recovery/go/module_version.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

class VersionLock {
 public:
  // Makes the file when it is absent. Throws std::system_error when it can't be had within
  // `patience` (another go holds it), or at all (no rights, no flock on this file system).
  VersionLock(const Root& cache, const ModuleVersion& m, std::chrono::milliseconds patience);
  // That of a clone, cache/vcs/<hash>.lock, in a directory that is there.
  VersionLock(const Root& cache, const std::string& rel, std::chrono::milliseconds patience);

  // Nothing is left that it guards: removes the file, if nobody else has it open (a lease tells),
  // else leaves it. The lock is held on until this object goes.
  void retire() const;

 private:
  const Root& cache_;
  std::string rel_;
  Fd fd_;  // the lock goes with it
};

}  // namespace recovery

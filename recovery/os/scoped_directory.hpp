#pragma once
// A directory that need not be there yet, as GOMODCACHE on a fresh machine: made with the parents
// that it lacks, as go makes it (os.MkdirAll, 0777 less the umask), and gone again with this object
// unless something has come into it. A home directory that is not there is not made.
//
// Source of truth: cmd/go/internal/modfetch/cache.go (it makes what it needs when it first writes).

#include <string>
#include <vector>

namespace recovery {

class ScopedDirectory {
 public:
  ScopedDirectory(const std::string& path, const std::string& home);  // throws std::system_error
  ~ScopedDirectory();
  ScopedDirectory(const ScopedDirectory&) = delete;
  ScopedDirectory& operator=(const ScopedDirectory&) = delete;

 private:
  std::vector<std::string> made_;  // outermost first
};

}  // namespace recovery

#pragma once
// Where replaced things wait: GOMODCACHE/cache/gomend/quarantine/<UTC time>-<pid>/<path relative to
// the cache>. Nothing leaves the cache but into here, and `gomend restore` brings it back. Entries
// older than two weeks are removed when the next one is made.
//
// Example: cache/gomend/quarantine/20260102T030405Z-4711/cache/download/example.com/a/@v/v1.0.0.zip

#include <string>
#include <vector>

#include "recovery/root.hpp"

namespace recovery {

class Quarantine {
 public:
  explicit Quarantine(const Root& cache);

  // Keeps a copy (a hard link) of what stands at `rel`; it stays in its place, to be renamed over.
  void keep(const std::string& rel);
  // Moves what stands at `rel` away: a file, a link, a whole directory.
  void take(const std::string& rel);
  // Moves what stands at `rel` of another root (GOCACHE) here, under a name of its own. Throws
  // std::system_error when it can't be renamed: on another file system it is not copied.
  void take_from(const Root& other, const std::string& rel, const std::string& name);
  // Bytes of something outside the module cache (an entry of GOCACHE), under a name of its own.
  void keep_bytes(const std::string& name, std::string_view bytes);

  const std::string& id() const { return id_; }  // "20260102T030405Z-4711"
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  std::string place_for(const std::string& rel);
  const Root& cache_;
  std::string id_;
  std::string dir_;
  std::vector<std::string> kept_;
};

// Puts everything of one quarantine back where it was, what stands there now into a quarantine of
// its own; returns the paths. Throws std::runtime_error when there is no such id.
std::vector<std::string> restore(const Root& cache, const std::string& id);
std::vector<std::string> quarantines(const Root& cache);  // ids, oldest first

}  // namespace recovery

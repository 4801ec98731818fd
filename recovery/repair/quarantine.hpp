#pragma once
// Where replaced things wait: GOMODCACHE/cache/gomend/quarantine/<UTC time>-<pid>/<path relative to
// the cache>, with <…>.sha256 beside it: what each file was when it came, as sha256sum writes it
// (of a link where it leads; zeros for what could not be read).
// Nothing leaves the cache but into here, and `gomend restore` brings it back. What is too old, or
// too much, goes when the next one is made, the oldest first; where nothing is to be kept, it waits
// here only as long as the repair takes. A CACHEDIR.TAG tells archivers to pass it by.
//
// Example: cache/gomend/quarantine/20260102T030405Z-4711/cache/download/example.com/a/@v/v1.0.0.zip

#include <string>
#include <vector>

#include "recovery/os/root.hpp"
#include "recovery/settings/keep.hpp"

namespace recovery {

class Quarantine {
 public:
  explicit Quarantine(const Root& cache, const Keep& keep = {});
  ~Quarantine();
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  // Keeps a copy (a hard link) of what stands at `rel`; it stays in its place, to be renamed over.
  void keep(const std::string& rel);
  // Moves what stands at `rel` away: a file, a link, a whole directory.
  void take(const std::string& rel);
  // For something that is to be renamed to `rel`: a regular file is kept and stays, anything else
  // is moved away.
  void make_way(const std::string& rel);
  // Moves what stands at `rel` of another root (GOCACHE) here, under a name of its own. Throws
  // std::system_error when it can't be renamed: on another file system it is not copied.
  void take_from(const Root& other, const std::string& rel, const std::string& name);
  // Bytes of something outside the module cache (an entry of GOCACHE), under a name of its own.
  void keep_bytes(const std::string& name, std::string_view bytes);

  // "20260102T030405Z-4711"; empty where nothing is kept.
  std::string id() const { return keep_.at_all ? id_ : std::string(); }
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  std::string place_for(const std::string& rel);
  void begin();
  void note(const std::string& rel);
  const Root& cache_;
  Keep keep_;
  std::string id_;
  std::string dir_;
  std::vector<std::string> kept_;
};

struct Restored {
  std::vector<std::string> files;  // paths
  std::vector<std::string> left;   // in the quarantine, but not on its list: they stay there
};

// Puts everything of one quarantine back where it was, under the locks of the modules (and clones)
// that it belongs to, what stands there now into a quarantine of its own. Throws
// std::runtime_error when there is no such id, and before anything is changed when a file is no
// longer what it was when it was kept.
Restored restore(const Root& cache, const std::string& id, const Keep& keep = {});
std::vector<std::string> quarantines(const Root& cache);  // ids, oldest first

}  // namespace recovery

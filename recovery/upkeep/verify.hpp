#pragma once
// `gomend verify`: nothing has failed, and the question is whether anything would. What lies in the
// caches is held against go.sum, the checksum database's records and what was recorded when it
// came; what is found is told, or mended as after a failure. Works offline, but for what must be
// fetched.
//
// Proof first (verifier.hpp), on all processors; only what can't be proven is judged, one artefact
// at a time, by the same inspect() that follows a failure. What was proven and has not changed
// since is not read again (memo.hpp).

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/os/progress.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

struct VerifyScope {
  // What is looked at: these modules ("example.com/a", all of its versions, or with @v1.0.0) and
  // nothing else; or all that is in the caches; or, with neither, the build list of the main
  // module with the clones, the checksum database's answers and the build cache; outside a module
  // all.
  std::vector<std::string> names;
  bool all = false;
  bool full = false;  // the memo is not asked
};

struct Verified {
  struct Finding {
    std::string kind;  // "module" "clone" "sumdb" "build-cache" "module-cache"
    std::string name;
    std::string what;
    std::string done;  // what was done, or why it could not be
    std::string next;  // a command, or empty
    bool is_repaired = false;
    bool is_unknown = false;  // nobody can say whether it is sound: it could not be read
  };
  std::vector<Finding> findings;
  std::size_t modules = 0;    // that are in the cache
  std::size_t unchanged = 0;  // of those: known from the last time
  std::size_t clones = 0;
  std::size_t build_entries = 0;
  std::size_t dead_entries = 0;  // of the build cache, that lead to nothing: no fault
  std::uint64_t bytes_read = 0;  // of modules

  bool is_sound() const;   // nothing is broken, or all of it was repaired
  bool is_answer() const;  // nothing is unknown
};

// With request.advise_only nothing is changed. Throws std::runtime_error when the question can't be
// answered: go does not say where its caches are, a name is no module's, nothing of it is there.
Verified verify(const Request& request, const VerifyScope& scope, Progress& progress);

}  // namespace recovery

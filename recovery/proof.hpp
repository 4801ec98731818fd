#pragma once
// Proves that module versions in the cache are right, as fast as the machine can: each file of a
// zip is unpacked and hashed once, and the extracted tree is compared with it byte for byte rather
// than hashed a second time. What can't be proven is not judged here: inspect() then says what is
// wrong, and with what.
//
// All processors work, on pieces of modules, the largest modules first. Where a memo knows a
// module, only names and times are looked at.
//
// Source of truth: inspect.hpp's; golang.org/x/mod/zip for what a tree has of its zip (all of it).

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "recovery/inspect.hpp"
#include "recovery/memo.hpp"
#include "recovery/root.hpp"

namespace recovery {

// Read by whoever shows it, while the work is going on.
struct Progress {
  std::atomic<std::uint64_t> total = 0;  // bytes on the disk, roughly
  std::atomic<std::uint64_t> done = 0;
};

struct Provable {
  ModuleVersion module;
  Expected expected;
};

struct Proven {
  bool is_sound = false;
  bool is_unchanged = false;  // the memo knew all of it
  // What to note when it turns out to be sound by other means; has_stamps: it could be looked at.
  bool has_stamps = false;
  Stamp facts;    // the small files
  Stamp content;  // zip, ziphash and tree
  Stamp index;    // go's index of the tree, if it has one
  long long changed_ns = 0;
};

class Prover {
 public:
  // `build_cache` may be null; `index_version` is `go env GOVERSION`.
  Prover(const Root& cache, const Root* build_cache, std::string index_version, Memo& memo,
         Progress& progress)
      : cache_(cache),
        build_cache_(build_cache),
        index_version_(std::move(index_version)),
        memo_(memo),
        progress_(progress) {}

  // One answer for each, in that order. What is proven is noted in the memo.
  std::vector<Proven> prove(const std::vector<Provable>& modules);

  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  class Case;
  class Work;
  const Root& cache_;
  const Root* build_cache_;
  std::string index_version_;
  Memo& memo_;
  Progress& progress_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
};

// How many threads are worth it for `count` pieces of work.
std::size_t useful_threads(std::size_t count);

}  // namespace recovery

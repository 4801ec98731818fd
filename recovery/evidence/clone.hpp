#pragma once
// One bare clone in GOMODCACHE/cache/vcs, from which go serves what it fetches directly, and what
// is wrong with it: a directory named by the SHA-256 of "git3:<URL>", that text in <hash>.info,
// go's own lock in <hash>.lock. The program whose clone it is judges its contents
// (clone_judge.hpp). Reads only.
//
// Source of truth: cmd/go/internal/modfetch/codehost/codehost.go (WorkDir), git.go.
//
// Example: Clone clone(cache, judge, "3f…");
//          clone.look();
//          clone.findings()  // ".info is corrupt"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/evidence/clone_judge.hpp"
#include "recovery/os/root.hpp"
#include "recovery/state/memo.hpp"

namespace recovery {

inline const std::string clones_dir = "cache/vcs";

bool is_clone_hash(std::string_view name);  // 64 characters of hex

class Clone {
 public:
  Clone(const Root& cache, const CloneJudge& judge, std::string hash)
      : cache_(cache), judge_(judge), rel_(clones_dir + "/" + std::move(hash)) {}

  // Every object is read, or with `at_a_glance` none: is it a clone at all?
  void look(bool at_a_glance = false);

  bool is_sound() const;
  std::vector<std::string> findings() const;

  // "git3:https://example.com/a": what its name is the hash of; empty when nobody knows.
  std::string key() const;

  const std::string& rel() const { return rel_; }  // relative to the cache
  std::string hash() const { return rel_.substr(clones_dir.size() + 1); }
  const std::string& fault() const { return fault_; }  // in git's words, or hg's; empty: none
  bool info_is_wrong() const { return info_is_wrong_; }
  bool lock_is_no_file() const { return lock_is_no_file_; }
  const std::vector<std::string>& stale_locks() const { return stale_locks_; }
  const std::vector<std::string>& closed() const { return closed_; }  // their modes keep us out

 private:
  bool is_no_file(const std::string& rel) const;
  bool has_info() const { return cache_.stat(rel_ + ".info").kind == Kind::regular; }
  std::string read_key() const;
  bool is_hg() const { return CloneJudge::is_hg(cache_.absolute(rel_)); }
  bool is_judged() const;
  void find_in(const std::string& dir);
  bool is_half_pulled() const;
  bool is_held(const std::string& lock) const;
  bool keeps_out(const std::string& rel, mode_t needed) const;
  bool someone_collects_garbage() const;

  const Root& cache_;
  const CloneJudge& judge_;
  std::string rel_;
  std::string key_;
  std::string fault_;
  bool info_is_wrong_ = false;
  bool lock_is_no_file_ = false;
  std::vector<std::string> stale_locks_;
  std::vector<std::string> closed_;
};

// What stat says of it. (What lies in its objects git reads; nobody else does.) nullopt: it can't
// be told.
struct CloneStamp {
  Stamp stamp = {};
  long long changed_ns = 0;  // the youngest ctime in it
};
std::optional<CloneStamp> stamp_of_clone(const Root& cache, const std::string& hash);

}  // namespace recovery

#include "recovery/evidence/concurrent_repair.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "recovery/go/layout.hpp"

namespace recovery {
namespace {

using patterns::Family;
using patterns::RuleFlag;

// The kernel stamps files by a clock that lags a tick behind (ktime_get_coarse_real_ts64; HZ is 100
// or more): a change soon after the start may look older than the start.
constexpr long long tick_ns = 10'000'000;

class Meanwhile {
 public:
  Meanwhile(const Root& cache, const Request& request,
            const std::vector<patterns::Diagnosis>& diagnoses)
      : cache_(cache), request_(request), diagnoses_(diagnoses) {}

  // go complained of a file, and that is another one now. What it has fetched itself and found
  // wrong it does not keep.
  bool has_new_file(const ModuleVersion& m) const {
    if (was_downloaded(m)) return false;
    return std::ranges::any_of(diagnoses_, [&](const patterns::Diagnosis& d) {
      if (d.family() == Family::checksum) {
        const bool is_go_mod = d.flags.has(RuleFlag::go_mod);
        return d.module == m.path() && is_new(download_file(m, is_go_mod ? ".mod" : ".zip"));
      }
      const auto located = locate(cache_.path(), d.path);
      return d.family() == Family::cache && located && located->module == m &&
             !located->extension.empty() && is_new(download_file(m, located->extension));
    });
  }

  // A tree that is older than the attempt, with something younger in it: go extracts a tree in
  // whole.
  bool has_mended_tree(const ModuleVersion& m) const {
    const long long born = born_ns(tree_dir(m));
    return born > 0 && born < start_ns_ && has_new_entries(tree_dir(m));
  }

  // go takes away by itself what stood in a tree's place, but only after it has failed: it is not
  // there any more, and what it was in has changed since.
  bool has_gone() const {
    return std::ranges::any_of(diagnoses_, [&](const patterns::Diagnosis& d) {
      const bool is_told = d.family() == Family::cache && d.flags.has(RuleFlag::in_the_way);
      const std::string root = cache_.path() + "/";
      const auto path = clean_path(d.path);
      if (!is_told || !path || !path->starts_with(root)) return false;
      const std::string rel = path->substr(root.size());
      const Kind kind = cache_.stat(rel).kind;
      const bool is_new = kind == Kind::directory && is_new_directory(rel);
      return (kind == Kind::absent || is_new) &&
             was_changed(rel.substr(0, std::min(rel.size(), rel.rfind('/'))));
    });
  }

 private:
  bool was_downloaded(const ModuleVersion& m) const {
    const std::string words = "go: downloading " + m.path() + " " + m.version() + "\n";
    return request_.text.find(words) != request_.text.npos;
  }

  bool is_new(const std::string& rel) const {
    const Stat st = cache_.stat(rel);
    return st.kind == Kind::regular && st.changed_ns() > start_ns_;
  }

  long long born_ns(const std::string& rel) const {
    const Fd fd = cache_.try_open(rel, O_RDONLY | O_DIRECTORY);
    struct statx facts = {};
    if (!fd || ::statx(fd.get(), "", AT_EMPTY_PATH, STATX_BTIME, &facts) != 0 ||
        (facts.stx_mask & STATX_BTIME) == 0) {
      return 0;  // this file system does not tell
    }
    return facts.stx_btime.tv_sec * 1'000'000'000LL + facts.stx_btime.tv_nsec;
  }

  // tmpfs did not tell when a file was born before Linux 6.6: then by its last entry.
  bool is_new_directory(const std::string& rel) const {
    const long long born = born_ns(rel);
    return born > 0 ? born > start_ns_ : was_changed(rel);
  }

  // A directory's mtime is that of the last entry that came, went or was replaced.
  bool was_changed(const std::string& dir) const {
    const Stat st = cache_.stat(dir);
    return st.kind == Kind::directory &&
           st.st.st_mtim.tv_sec * 1'000'000'000LL + st.st.st_mtim.tv_nsec > start_ns_;
  }

  bool has_new_entries(const std::string& dir) const {
    if (cache_.stat(dir).kind != Kind::directory) return false;
    if (was_changed(dir)) return true;
    const auto names = cache_.list(dir);
    return names && std::ranges::any_of(*names, [&](const std::string& name) {
             return has_new_entries(dir + "/" + name);
           });
  }

  const Root& cache_;
  const Request& request_;
  const std::vector<patterns::Diagnosis>& diagnoses_;
  const long long start_ns_ = request_.started_ns - tick_ns;
};

}  // namespace

std::optional<ModuleVersion> repaired_by_another_process(
    const Root& cache, const Request& request, const std::vector<patterns::Diagnosis>& diagnoses,
    const std::set<ModuleVersion>& named, const std::set<ModuleVersion>& suspects) {
  if (request.started_ns <= 0) return std::nullopt;
  const Meanwhile meanwhile(cache, request, diagnoses);
  for (const ModuleVersion& m : named) {
    if (meanwhile.has_new_file(m) || meanwhile.has_gone()) return m;
  }
  for (const ModuleVersion& m : suspects) {
    if (meanwhile.has_mended_tree(m)) return m;
  }
  return std::nullopt;
}

}  // namespace recovery

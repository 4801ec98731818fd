#include "recovery/repair/version_repair.hpp"

#include <algorithm>
#include <system_error>

#include "recovery/evidence/describe.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/repair/package_index.hpp"
#include "recovery/repair/placement.hpp"
#include "recovery/repair/tree_repair.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

bool is_unreadable(const TreeFault& fault) {
  return fault.kind == TreeFault::Kind::unreadable;
}

bool has_unreadable(const ModuleState& state) {
  return state.unreadable() || std::ranges::any_of(state.tree_faults, is_unreadable);
}

// Modes that keep the owner himself from reading. True if any was given back.
bool make_readable(Placement& placement, const Root& cache, const ModuleState& state) {
  const ModuleVersion& m = state.module;
  bool any = false;
  for (const char* extension : {".zip", ".ziphash", ".mod", ".info", ".lock", ".partial"}) {
    any = placement.allow(download_file(m, extension), 0600) || any;
  }
  any = placement.allow(tree_dir(m), 0500) || any;
  for (const TreeFault& fault : state.tree_faults) {
    if (!is_unreadable(fault) || fault.name.empty()) continue;
    const std::string rel = tree_dir(m) + "/" + fault.name;
    const bool is_to_run = is_toolchain(m) && must_be_executable(fault.name);
    const bool is_directory = cache.stat(rel).kind == Kind::directory;
    any = placement.allow(rel, is_directory || is_to_run ? 0500 : 0400) || any;
  }
  return any;
}

// One version's repair.
class VersionRepair {
 public:
  VersionRepair(RepairContext& shop, const ModuleVersion& m, const Expected& expected,
                bool index_is_suspect)
      : shop_(shop),
        cache_(shop.cache),
        m_(m),
        check_(shop, m, expected),
        placement_(shop),
        index_(shop, m, index_is_suspect) {}

  RepairResult run() {
    clear_the_way(inspect(cache_, m_, check_.expected(), Depth::facts));
    const VersionLock lock(cache_, m_, 30s);
    repair();
    result_.changed = result_.changed || placement_.has_changed();
    result_.replaced = placement_.replaced();
    return std::move(result_);
  }

 private:
  const ModuleState& state() const { return check_.state(); }

  void repair() {
    look();
    ask_database_if_needed();
    if (!state().broken() && !state().unreadable() && !index_is_stale_) return;
    if (state().broken() || state().unreadable()) {
      if (has_unreadable(state())) {
        if (make_readable(placement_, cache_, state())) result_.did(RepairAction::permissions);
        check_.look();
      }
      if (!get_good_content()) return;
      put_back();
    }
    drop_index_if_stale();
    summarise();
  }

  // What stands in the place of the lock, or of a directory above it, must go before anything else
  // can be done.
  void clear_the_way(const ModuleState& facts) {
    if (!facts.obstacle.empty()) take_before_lock(facts.obstacle);
    if (facts.lock == Health::broken) take_before_lock(download_file(m_, ".lock"));
    if (facts.lock == Health::unreadable && placement_.allow(download_file(m_, ".lock"), 0600))
      result_.did(RepairAction::permissions);
    if (facts.obstacle.empty() && facts.lock != Health::broken) return;
    way_findings_ = describe_obstacles(facts);
    result_.changed = true;
    result_.did(RepairAction::quarantined);
  }

  // Another gomend may be at the same, and be faster: then it is gone.
  void take_before_lock(const std::string& rel) {
    try {
      placement_.take(rel);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::no_such_file_or_directory) throw;
    }
  }

  void look() {
    check_.look();
    result_.newest_change_ns = state().newest_change_ns;
    index_is_stale_ = index_.is_cause(state().tree == Health::sound);
    if (index_is_stale_)
      result_.newest_change_ns = std::max(result_.newest_change_ns, index_.own_change_ns(state()));
    say_findings();
  }

  void say_findings() {
    result_.findings = way_findings_;
    for (std::string& phrase : describe(state())) result_.findings.push_back(std::move(phrase));
  }

  void ask_database_if_needed() {
    const bool is_doubtful = check_.has_doubt();
    if (!is_doubtful && !state().broken()) return;
    const Expected& known = check_.expected();
    if (known.zip.empty() || known.go_mod.empty())
      believe(is_doubtful ? shop_.ask_database(m_) : shop_.known_answer(m_));
    result_.newest_change_ns = state().newest_change_ns;
    result_.was_sound = !state().broken();
  }

  void believe(const Expected& said) {
    if (check_.believe(said)) say_findings();
  }

  // Finds in the cache, or fetches, what every broken artefact needs; false when there is no way.
  bool get_good_content() {
    if (!must_fetch() && brings_content()) {
      // What only the cache knows does not count before the database has been asked.
      if (check_.of_cache() == policy::Verdict::unverified) believe(shop_.ask_database(m_));
      if (!policy::may_come_in(check_.of_cache())) return fetch();
    }
    return !must_fetch() || fetch();
  }

  bool must_fetch() {
    const ModuleState& s = state();
    const bool zip_ok = s.zip == Health::sound;
    const bool tree_ok = s.tree == Health::sound;
    if (s.go_mod == Health::broken) {
      if (auto bytes = check_.go_mod_in_cache()) go_mod_ = std::move(bytes);
    }
    return (s.tree == Health::broken && !zip_ok) || (s.zip == Health::broken && !tree_ok) ||
           (s.ziphash == Health::broken &&
            (check_.trusted_h1().empty() || (!zip_ok && !tree_ok))) ||
           (s.go_mod == Health::broken && !go_mod_) || s.info == Health::broken;
  }

  bool brings_content() const {
    const ModuleState& s = state();
    return s.zip == Health::broken || s.tree == Health::broken || s.ziphash == Health::broken ||
           (s.ziphash == Health::absent && s.tree != Health::absent);
  }

  bool fetch() {
    fetched_ = fetch_into_stage(shop_, check_, result_);
    return fetched_;
  }

  void put_back() {
    const ModuleState& s = state();
    if (fetched_ && s.info != Health::sound) placement_.put_staged(m_, ".info");
    put_go_mod();
    put_zip();
    put_ziphash();
    if (s.partial == Health::broken) placement_.take(download_file(m_, ".partial"));
    if (s.list == Health::broken) placement_.take(list_file(m_));
    if (s.tree == Health::broken) put_tree();
  }

  void put_go_mod() {
    if (state().go_mod == Health::sound) return;
    if (go_mod_)
      placement_.put_bytes(*go_mod_, download_file(m_, ".mod"));
    else if (fetched_)
      placement_.put_staged(m_, ".mod");
  }

  void put_zip() {
    const ModuleState& s = state();
    if (s.zip == Health::sound) return;
    if (fetched_)
      placement_.put_staged(m_, ".zip");
    else if (s.zip == Health::broken && s.tree == Health::sound)
      rebuild_zip(placement_, cache_, m_, s.tree_h1);
  }

  void put_ziphash() {
    const ModuleState& s = state();
    const bool is_wanted =
        s.ziphash == Health::broken || (s.ziphash == Health::absent && s.tree != Health::absent);
    if (is_wanted && !check_.trusted_h1().empty())
      placement_.put_bytes(check_.trusted_h1(), download_file(m_, ".ziphash"));
  }

  void put_tree() {
    if (cache_.stat(tree_dir(m_)).kind == Kind::directory)
      repair_tree(placement_, cache_, m_, check_.trusted_h1());
    else
      placement_.take(tree_dir(m_));  // go extracts the zip again
  }

  // The index was made from what lay there: if sources were lost or changed, what it says of them
  // is worth nothing.
  void drop_index_if_stale() {
    const bool sources_changed =
        state().tree == Health::broken || !std::ranges::all_of(state().tree_faults, is_unreadable);
    const bool has_tree = cache_.stat(tree_dir(m_)).kind == Kind::directory;
    if (!sources_changed && !index_.is_cause(has_tree)) return;
    if (!index_.drop()) return;
    result_.changed = true;
    if (index_is_stale_ && result_.findings.empty()) {
      result_.findings.push_back("stale package index in the build cache");
      result_.did(RepairAction::removed);
    }
  }

  void summarise() {
    const bool is_set = result_.action != RepairAction::none;
    if (is_set && placement_.replaced().empty() && !fetched_) return;
    if (fetched_)
      result_.did(RepairAction::downloaded);
    else if (state().tree == Health::broken)
      result_.did(RepairAction::extracted);
    else if (!is_set)
      result_.did(RepairAction::rebuilt);
  }

  RepairContext& shop_;
  const Root& cache_;
  const ModuleVersion& m_;
  VersionCheck check_;
  Placement placement_;
  PackageIndex index_;
  std::optional<std::string> go_mod_;  // good bytes that the cache itself held
  bool index_is_stale_ = false;
  bool fetched_ = false;
  std::vector<std::string> way_findings_;  // of what stood in the way, and is gone
  RepairResult result_;
};

}  // namespace

RepairResult repair(RepairContext& shop, const ModuleVersion& m, const Expected& expected,
                    bool index_is_suspect) {
  return VersionRepair(shop, m, expected, index_is_suspect).run();
}

}  // namespace recovery

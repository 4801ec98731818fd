#include "recovery/repair/clone_repair.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "recovery/evidence/clone.hpp"
#include "recovery/evidence/clone_judge.hpp"
#include "recovery/go/clone_key.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/project/suspects.hpp"
#include "recovery/repair/quarantine.hpp"
#include "recovery/repair/stage.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using patterns::Diagnosis;
using patterns::FailureClass;

constexpr std::size_t most_clones = 16;  // that are judged when go does not say which
constexpr int most_depth = 32;           // of directories, each closed
constexpr std::size_t most_queries = 4;  // fetches that are tried for one clone

// What git, not a proxy, does not know. It has looked in a clone; or, where that is none any more,
// in a repository of the user's own that lies around the cache.
bool is_lost_revision(const Diagnosis& d) {
  return d.failure == FailureClass::revision_unknown && d.host.empty();
}

bool concerns_clones(const Diagnosis& d, const Settings& settings) {
  const auto path = clean_path(d.path);
  return d.failure == FailureClass::vcs_corrupt || is_lost_revision(d) ||
         (path && path->starts_with(settings.mod_cache + "/" + clones_dir));
}

class CloneRepair {
 public:
  CloneRepair(const std::vector<Diagnosis>& diagnoses, const Root& cache, const Settings& settings,
              const Request& request, const BuildList& list)
      : diagnoses_(diagnoses),
        cache_(cache),
        settings_(settings),
        request_(request),
        list_(list),
        judge_(request.env),
        config_(read_config(request.env, directory_of(settings.go_mod))),
        sources_(settings, request, config_, &list) {
    std::set<ModuleVersion> named, typed;
    for (const Diagnosis& d : diagnoses) {
      if (const auto m = ModuleVersion::parse(d.module, d.version)) named.insert(*m);
    }
    // `gomend verify` has looked for what the cache holds, or the user has named.
    for (const ModuleVersion& m : list.modules()) {
      if (request.verb == "verify" && !list.holds(m)) typed.insert(m);
    }
    sources_.note_named(std::move(named));
    sources_.note_typed(std::move(typed));
  }

  std::vector<CloneMended> run(bool look_only) { return run(suspects(), look_only, nullptr); }

  std::vector<CloneMended> run(const std::vector<std::string>& hashes, bool look_only, Memo* memo) {
    std::vector<CloneMended> all;
    for (const std::string& hash : hashes) {
      const auto stamp = memo != nullptr ? stamp_of_clone(cache_, hash) : std::nullopt;
      if (stamp && memo->knows(stamp->stamp)) continue;
      Clone clone(cache_, judge_, hash);
      clone.look(memo == nullptr && !is_about_clones());
      if (clone.is_sound()) {
        if (stamp) memo->note(stamp->stamp, stamp->changed_ns);
        continue;
      }
      trace("evidence: " + cache_.absolute(clone.rel()));
      CloneMended repaired;
      repaired.findings = clone.findings();
      repaired.name = url_without_user(clone.key());
      if (repaired.name.empty()) repaired.name = hash;
      if (!look_only) mend(clone, repaired);
      all.push_back(std::move(repaired));
    }
    return all;
  }

 private:
  // False: go found no such revision, mostly because there is none.
  bool is_about_clones() const {
    return std::ranges::any_of(diagnoses_, [&](const Diagnosis& d) {
      return !is_lost_revision(d) && concerns_clones(d, settings_);
    });
  }

  // The one that go named; when it named none, the few that there are.
  std::vector<std::string> suspects() const {
    std::vector<std::string> named;
    const std::string root = settings_.mod_cache + "/" + clones_dir + "/";
    for (const Diagnosis& d : diagnoses_) {
      const auto path = clean_path(d.path);
      if (!path || !path->starts_with(root)) continue;
      const std::string hash = path->substr(root.size(), 64);
      if (is_clone_hash(hash) && std::ranges::find(named, hash) == named.end())
        named.push_back(hash);
    }
    if (!named.empty()) return named;
    for (const std::string& name : cache_.list(clones_dir).value_or(std::vector<std::string>{})) {
      if (is_clone_hash(name) && named.size() < most_clones) named.push_back(name);
    }
    return named;
  }

  void mend(Clone& clone, CloneMended& repaired) {
    try {
      clear_the_way(clone, repaired);
      const VersionLock lock(cache_, clone.rel() + ".lock", 30s);
      clone.look();
      take_stale_locks(clone, repaired);
      if (!clone.fault().empty() || (clone.info_is_wrong() && !write_info(clone, repaired)))
        replace(clone, repaired);
    } catch (const std::exception& error) {
      repaired.failure = error.what();
    }
    trace("repair " + repaired.name + ": " +
          (repaired.failure.empty() ? repaired.done() : "failed: " + repaired.failure));
    if (quarantine_) repaired.quarantine = quarantine_->id();
  }

  // What keeps go, and us, from its lock; and from looking.
  void clear_the_way(Clone& clone, CloneMended& repaired) {
    if (clone.lock_is_no_file()) take(clone.rel() + ".lock", repaired, RepairAction::quarantined);
    for (const char* extension : {".lock", ".info"}) open(clone.rel() + extension, repaired);
    for (int depth = 0; depth < most_depth && !clone.closed().empty(); ++depth) {
      for (const std::string& rel : clone.closed()) open(rel, repaired);
      clone.look();
    }
  }

  void open(const std::string& rel, CloneMended& repaired) {
    const Stat st = cache_.stat(rel);
    if (st.kind != Kind::regular && st.kind != Kind::directory) return;
    const mode_t needed = st.kind == Kind::directory ? 0700 : 0600;
    if (::geteuid() == 0 || (st.st.st_mode & needed) == needed) return;
    cache_.chmod(rel, (st.st.st_mode & 07777) | needed);
    repaired.changed = true;
    repaired.action = RepairAction::permissions;
  }

  // Its owner is dead: whoever works in a clone holds go's lock, and we have it.
  void take_stale_locks(Clone& clone, CloneMended& repaired) {
    if (clone.stale_locks().empty()) return;
    for (const std::string& rel : clone.stale_locks())
      take(rel, repaired, RepairAction::quarantined);
    clone.look();
  }

  // The name is the hash of what stood there.
  bool write_info(const Clone& clone, CloneMended& repaired) {
    if (cache_.stat(clone.rel()).kind == Kind::absent) {  // go makes both anew
      take(clone.rel() + ".info", repaired, RepairAction::quarantined);
      return true;
    }
    const std::string key = clone.key();
    if (key.empty()) return false;
    const std::string fresh = stage().fresh_name();
    cache_.write_new(fresh, key, 0666);
    take(clone.rel() + ".info", repaired, RepairAction::rewritten);
    cache_.replace(fresh, clone.rel() + ".info");
    return true;
  }

  void replace(const Clone& clone, CloneMended& repaired) {
    const std::string fresh = fetch(clone, repaired);
    if (fresh.empty()) return;
    for (const char* extension : {".info", ""}) {
      if (cache_.stat(clone.rel() + extension).kind != Kind::absent)
        take(clone.rel() + extension, repaired, RepairAction::downloaded);
    }
    cache_.move(fresh, clone.rel());
    cache_.replace(fresh + ".info", clone.rel() + ".info");
    repaired.changed = true;
    repaired.failure.clear();
  }

  // go itself makes a clone, on the way to a version that it may have wanted.
  std::string fetch(const Clone& clone, CloneMended& repaired) {
    for (const Query& query : queries(clone)) {
      const std::string fresh =
          stage().fetch_clone(query.text, query.module, query.lines, clone.hash());
      if (fresh.empty()) continue;
      const std::string fault = judge_.fault_of(cache_.absolute(fresh));
      if (fault.empty()) return fresh;
    }
    repaired.failure = "its source provides no replacement";
    return {};
  }

  struct Query {
    std::string text;  // "example.com/a@v1.0.0", "example.com/a@latest"
    std::optional<ModuleVersion> module;
    Expected lines;
  };

  std::vector<Query> queries(const Clone& clone) const {
    std::vector<Query> all;
    const auto add = [&](const std::string& path, const std::string& version) {
      const std::string text = path + "@" + (version.empty() ? "latest" : version);
      const bool is_known =
          std::ranges::any_of(all, [&](const Query& q) { return q.text == text; });
      if (is_known || all.size() >= most_queries) return;
      const auto m = ModuleVersion::parse(path, version);
      if (m && sources_.may_ask(*m))
        all.push_back({text, *m, list_.expected(*m)});
      else if (m)
        return;
      else if (is_import_path(path) && path.find('/') != path.npos)
        all.push_back({text, std::nullopt, {}});
    };
    for (const Diagnosis& d : diagnoses_) {
      if (!d.module.empty() && ModuleVersion::parse(d.module, d.version)) add(d.module, d.version);
    }
    const std::string key = clone.key();
    for (const ModuleVersion& m : list_.modules()) {
      if (may_hold(key, m.path())) add(m.path(), m.version());
    }
    for (const ModuleVersion& m : list_.modules()) {
      if (cache_.stat(download_file(m, ".zip")).kind == Kind::absent) add(m.path(), m.version());
    }
    for (const Asked& one : asked_for(request_)) {
      if (!one.query.empty()) add(one.path, one.query);
    }
    for (const Diagnosis& d : diagnoses_) {
      if (sources_.may_ask(d.module)) add(d.module, "");
    }
    // Its URL is no module's name: no proxy has ever heard it.
    if (const std::string url = repository_of(key); sources_.asks_repository_first(url))
      add(url, "");
    return all;
  }

  void take(const std::string& rel, CloneMended& repaired, RepairAction action) {
    if (!quarantine_) quarantine_ = std::make_unique<Quarantine>(cache_, settings_.keep);
    quarantine_->take(rel);
    repaired.replaced.push_back(rel);
    repaired.changed = true;
    repaired.action = action;
  }

  Stage& stage() {
    if (!stage_) stage_ = std::make_unique<Stage>(cache_, settings_, request_);
    return *stage_;
  }

  const std::vector<Diagnosis>& diagnoses_;
  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  const BuildList& list_;
  CloneJudge judge_;
  Config config_;
  Sources sources_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Quarantine> quarantine_;
};

}  // namespace

bool points_at_clones(const std::vector<Diagnosis>& diagnoses, const Settings& settings) {
  return std::ranges::any_of(diagnoses,
                             [&](const Diagnosis& d) { return concerns_clones(d, settings); });
}

std::vector<CloneMended> repair_clones(const std::vector<Diagnosis>& diagnoses, const Root& cache,
                                       const Settings& settings, const Request& request,
                                       const BuildList& list, bool look_only) {
  return CloneRepair(diagnoses, cache, settings, request, list).run(look_only);
}

std::vector<CloneMended> verify_clones(const std::vector<std::string>& hashes, const Root& cache,
                                       const Settings& settings, const Request& request,
                                       const BuildList& list, bool look_only, Memo& memo) {
  const std::vector<Diagnosis> none;
  return CloneRepair(none, cache, settings, request, list).run(hashes, look_only, &memo);
}

}  // namespace recovery

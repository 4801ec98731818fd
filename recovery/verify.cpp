#include "recovery/verify.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <system_error>

#include "recovery/build_cache_repair.hpp"
#include "recovery/build_list.hpp"
#include "recovery/catalogue.hpp"
#include "recovery/clones.hpp"
#include "recovery/describe.hpp"
#include "recovery/journal.hpp"
#include "recovery/layout.hpp"
#include "recovery/project_files.hpp"
#include "recovery/sumdb_state.hpp"

namespace recovery {
namespace {

const std::string how_to_mend = "next: gomend verify --repair";

class Work {
 public:
  Work(const Request& request, const VerifyScope& scope, Progress& progress)
      : request_(request),
        scope_(scope),
        progress_(progress),
        settings_(read_settings(request)),
        state_dir_(make_state_dir(request.env)) {}

  Verified run() {
    if (exists(settings_.mod_cache)) {
      cache_ = std::make_unique<Root>(settings_.mod_cache);
      memo_ = std::make_unique<Memo>(state_dir_, settings_.mod_cache, scope_.full);
    } else if (!scope_.names.empty()) {
      throw std::runtime_error("there is no module cache at " + settings_.mod_cache);
    }
    if (settings_.build_cache.starts_with("/")) open_build_cache();
    if (cache_) look_at_modules();
    if (cache_ && scope_.names.empty()) {
      look_at_clones();
      look_at_sumdb_state();
    }
    if (build_cache_ && scope_.names.empty()) look_at_build_cache();
    if (memo_) memo_->save(is_all_);
    return std::move(result_);
  }

 private:
  void open_build_cache() {
    try {
      build_cache_ = std::make_unique<Root>(settings_.build_cache);
    } catch (const std::system_error&) {  // none yet
    }
  }

  bool is_in_cache(const ModuleVersion& m) const {
    return std::ranges::any_of(std::vector<std::string>{".zip", ".mod", ".info", ".ziphash"},
                               [&](const std::string& e) {
                                 return cache_->stat(download_file(m, e)).kind != Kind::absent;
                               }) ||
           cache_->stat(tree_dir(m)).kind != Kind::absent;
  }

  std::set<ModuleVersion> named() const {
    std::set<ModuleVersion> found;
    for (const std::string& name : scope_.names) {
      if (const auto m = ModuleVersion::parse(name)) {
        if (!is_in_cache(*m)) throw std::runtime_error(name + " is not in the module cache");
        found.insert(*m);
        continue;
      }
      if (!is_module_path(name)) throw std::runtime_error("'" + name + "' names no module");
      const std::size_t before = found.size();
      for (const ModuleVersion& m : versions_in(*cache_, name)) {
        if (is_in_cache(m)) found.insert(m);
      }
      if (found.size() == before)
        throw std::runtime_error("no version of " + name + " is in the module cache");
    }
    return found;
  }

  void look_at_modules() {
    const bool has_main = !settings_.go_mod.empty() || !settings_.go_work.empty();
    is_all_ = scope_.names.empty() && (scope_.all || !has_main);
    const std::set<ModuleVersion> asked_for = is_all_ ? modules_in(*cache_) : named();
    list_ = std::make_unique<BuildList>(settings_, *cache_, asked_for);
    // What the build needs is looked at where it lies, even if nothing of it can be found there.
    const std::set<ModuleVersion>& modules = scope_.names.empty() ? list_->modules() : asked_for;
    std::vector<Provable> provable;
    for (const ModuleVersion& m : modules) provable.push_back({m, list_->expected(m)});
    Prover prover(*cache_, build_cache_.get(), settings_.go_version, *memo_, progress_);
    const std::vector<Proven> proven = prover.prove(provable);
    result_.bytes_read = prover.bytes_read();
    std::set<ModuleVersion> doubtful;
    std::map<std::string, const Proven*> stamps;
    for (std::size_t i = 0; i < proven.size(); ++i) {
      if (is_in_cache(provable[i].module)) ++result_.modules;
      if (proven[i].is_unchanged && proven[i].is_sound) ++result_.unchanged;
      if (proven[i].is_sound) continue;
      doubtful.insert(provable[i].module);
      stamps.emplace(provable[i].module.str(), &proven[i]);
    }
    if (!doubtful.empty()) judge(doubtful, stamps);
  }

  void judge(const std::set<ModuleVersion>& doubtful,
             std::map<std::string, const Proven*>& stamps) {
    const Outcome outcome = examine(request_, doubtful);
    for (const Outcome::Item& item : outcome.items) {
      stamps.erase(item.subject);
      result_.findings.push_back({"module", item.subject, item.what,
                                  request_.advise_only ? how_to_mend : item.done, item.is_mended});
    }
    // Sound after all (a toolchain's tree, which go itself has changed).
    for (const auto& [name, proven] : stamps) {
      if (!proven->has_stamps) continue;
      for (const Stamp* stamp : {&proven->facts, &proven->content, &proven->index})
        memo_->note(*stamp, proven->changed_ns);
    }
  }

  void look_at_clones() {
    const std::vector<std::string> clones = clones_in(*cache_);
    result_.clones = clones.size();
    for (const CloneMended& clone : verify_clones(clones, *cache_, settings_, request_, *list_,
                                                  request_.advise_only, *memo_)) {
      add("clone", clone.name, "the clone of " + clone.name, clone);
    }
  }

  void look_at_sumdb_state() {
    const SumdbMended seen = verify_sumdb_state(*cache_, settings_, request_, request_.advise_only);
    if (seen.findings.empty()) return;
    if (!seen.advice.empty()) {
      result_.findings.push_back(
          {"sumdb", settings_.sumdb, joined(seen.findings), seen.advice, false});
      return;
    }
    add("sumdb", settings_.sumdb, "the checksum database's answers", seen);
  }

  void look_at_build_cache() {
    Memo memo(state_dir_, settings_.build_cache, scope_.full);
    const BuildCacheMended seen = verify_build_cache(*build_cache_, settings_, request_,
                                                     request_.advise_only, memo, progress_);
    memo.save(true);
    result_.build_entries = seen.entries;
    result_.dead_entries = seen.dead;
    if (!seen.findings.empty()) add("build-cache", settings_.build_cache, "the build cache", seen);
  }

  // Of the three kinds of things that are mended beside the modules.
  template <class Mended>
  void add(const char* kind, const std::string& name, const std::string& subject,
           const Mended& seen) {
    std::string failure;
    if constexpr (requires { seen.failure; }) failure = seen.failure;
    const bool is_mended = !request_.advise_only && failure.empty();
    const std::string done = request_.advise_only ? how_to_mend
                             : is_mended          ? seen.done
                                                  : "not mended: " + failure;
    result_.findings.push_back({kind, name, joined(seen.findings), done, is_mended});
    if (!is_mended) return;
    write_journal(request_.env, {"", subject, "verify", seen.findings, seen.done, "",
                                 settings_.mod_cache, seen.quarantine, seen.replaced});
  }

  const Request& request_;
  const VerifyScope& scope_;
  Progress& progress_;
  Settings settings_;
  std::string state_dir_;
  std::unique_ptr<Root> cache_;
  std::unique_ptr<Root> build_cache_;
  std::unique_ptr<Memo> memo_;
  std::unique_ptr<BuildList> list_;
  bool is_all_ = false;
  Verified result_;
};

}  // namespace

bool Verified::is_sound() const {
  return std::ranges::all_of(findings, [](const Finding& finding) { return finding.is_mended; });
}

Verified verify(const Request& request, const VerifyScope& scope, Progress& progress) {
  return Work(request, scope, progress).run();
}

}  // namespace recovery

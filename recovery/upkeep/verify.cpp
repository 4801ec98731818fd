#include "recovery/upkeep/verify.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <system_error>

#include "recovery/evidence/catalogue.hpp"
#include "recovery/evidence/verifier.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/text.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/repair/build_cache_repair.hpp"
#include "recovery/repair/clone_repair.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

const std::string how_to_repair = "gomend verify --repair";

class Work {
 public:
  Work(const Request& request, const VerifyScope& scope, Progress& progress)
      : request_(request),
        scope_(scope),
        progress_(progress),
        settings_(read_settings(request)),
        state_dir_(make_state_dir(request.env)) {}

  Verified run() {
    if (open_mod_cache()) {
      memo_ = std::make_unique<Memo>(state_dir_, settings_.mod_cache, scope_.full);
    } else if (!scope_.names.empty()) {
      throw std::runtime_error("no module cache at " + settings_.mod_cache);
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
  // Whether there is one; one that can't be opened is no answer.
  bool open_mod_cache() {
    try {
      cache_ = std::make_unique<Root>(settings_.mod_cache);
      return true;
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::no_such_file_or_directory) throw;
      return false;
    }
  }

  void open_build_cache() {
    try {
      build_cache_ = std::make_unique<Root>(settings_.build_cache);
    } catch (const std::system_error& error) {
      if (error.code() == std::errc::no_such_file_or_directory) return;  // none yet
      add_unknown("build-cache", settings_.build_cache, error.what());
    }
  }

  bool is_in_cache(const ModuleVersion& m) const {
    return std::ranges::any_of(std::vector<std::string>{".zip", ".mod", ".info", ".ziphash"},
                               [&](const std::string& e) {
                                 return cache_->stat(download_file(m, e)).kind != Kind::absent;
                               }) ||
           cache_->stat(tree_dir(m)).kind != Kind::absent;
  }

  bool may_be_in_cache(const ModuleVersion& m) const {
    try {
      return is_in_cache(m);
    } catch (const std::system_error&) {  // it is told where it is judged
      return true;
    }
  }

  std::set<ModuleVersion> named() const {
    std::set<ModuleVersion> found;
    for (const std::string& name : scope_.names) {
      if (const auto m = ModuleVersion::parse(name)) {
        if (!is_in_cache(*m)) throw std::runtime_error(name + " is not in the module cache");
        found.insert(*m);
        continue;
      }
      if (!is_module_path(name)) throw std::runtime_error("'" + name + "' is not a module path");
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
    std::vector<std::string> unread;
    const std::set<ModuleVersion> asked_for = is_all_ ? modules_in(*cache_, unread) : named();
    for (const std::string& rel : unread)
      add_unknown("module-cache", settings_.mod_cache, cache_->absolute(rel));
    list_ = std::make_unique<BuildList>(settings_, *cache_, asked_for);
    // What the build needs is looked at where it lies, even if nothing of it can be found there.
    const std::set<ModuleVersion>& modules = scope_.names.empty() ? list_->modules() : asked_for;
    std::vector<VerifyTarget> targets;
    for (const ModuleVersion& m : modules) targets.push_back({m, list_->expected(m)});
    Verifier verifier(*cache_, build_cache_.get(), settings_.go_version, *memo_, progress_);
    const std::vector<VerifyResult> results = verifier.verify(targets);
    result_.bytes_read = verifier.bytes_read();
    std::set<ModuleVersion> doubtful;
    std::map<std::string, const VerifyResult*> stamps;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (may_be_in_cache(targets[i].module)) ++result_.modules;
      if (results[i].is_unchanged && results[i].is_sound) ++result_.unchanged;
      if (results[i].is_sound) continue;
      doubtful.insert(targets[i].module);
      stamps.emplace(targets[i].module.str(), &results[i]);
    }
    if (!doubtful.empty()) judge(doubtful, stamps);
  }

  void judge(const std::set<ModuleVersion>& doubtful,
             std::map<std::string, const VerifyResult*>& stamps) {
    const Outcome outcome = check_modules(request_, doubtful, is_all_ || !scope_.names.empty());
    for (const Outcome::Item& item : outcome.items) {
      stamps.erase(item.subject);
      const bool is_advice = request_.advise_only && !item.is_unknown;
      result_.findings.push_back({"module", item.subject, item.what, is_advice ? "" : item.done,
                                  is_advice ? how_to_repair : item.next, item.is_repaired,
                                  item.is_unknown});
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
          {"sumdb", settings_.sumdb, joined(seen.findings), seen.advice, seen.next});
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
    if (!seen.unread.empty()) add_unknown("build-cache", settings_.build_cache, seen.unread);
  }

  void add_unknown(const char* kind, const std::string& name, const std::string& why) {
    result_.findings.push_back(
        {kind, name, "could not be read (" + why + ")", "", "", false, true});
  }

  // Of the three kinds of things that are repaired beside the modules.
  template <class Repaired>
  void add(const char* kind, const std::string& name, const std::string& subject,
           const Repaired& seen) {
    std::string failure;
    if constexpr (requires { seen.failure; }) failure = seen.failure;
    const bool is_repaired = !request_.advise_only && failure.empty();
    const std::string done = request_.advise_only ? ""
                             : is_repaired        ? seen.done()
                                                  : "not repaired: " + failure;
    result_.findings.push_back({kind, name, joined(seen.findings), done,
                                request_.advise_only ? how_to_repair : "", is_repaired});
    if (!is_repaired) return;
    write_journal(request_.env, {"", subject, "verify", seen.findings, seen.done(), "",
                                 settings_.mod_cache, seen.quarantine, seen.replaced, seen.action});
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

bool Verified::is_answer() const {
  return std::ranges::none_of(findings, [](const Finding& finding) { return finding.is_unknown; });
}

bool Verified::is_sound() const {
  return std::ranges::all_of(findings, [](const Finding& finding) { return finding.is_repaired; });
}

Verified verify(const Request& request, const VerifyScope& scope, Progress& progress) {
  return Work(request, scope, progress).run();
}

}  // namespace recovery

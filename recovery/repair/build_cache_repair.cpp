#include "recovery/repair/build_cache_repair.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "recovery/evidence/build_cache.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/os/umask.hpp"
#include "recovery/repair/quarantine.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using patterns::Diagnosis;
using patterns::FailureClass;
using patterns::RuleFlag;

// How long what has been used of late is looked at, and then the rest of the cache.
struct Budget {
  std::chrono::milliseconds for_used, for_rest;
};
constexpr Budget told = {60s, 5s};
constexpr Budget guessed = {2s, 0s};     // the words are mostly about the user's own code
constexpr Budget unasked = {250ms, 0s};  // nothing was said of it at all
constexpr long long mark_interval_ns = 3600LL * 1'000'000'000;  // cache.mtimeInterval
constexpr long long slack_ns = 60LL * 1'000'000'000;

bool is_in(const std::string& path, const std::string& directory) {
  const auto clean = clean_path(path);
  return clean && clean->starts_with(directory) &&
         (clean->size() == directory.size() || (*clean)[directory.size()] == '/');
}

bool says_index_is_corrupt(const std::vector<Diagnosis>& diagnoses) {
  return std::ranges::any_of(diagnoses,
                             [](const Diagnosis& d) { return d.flags.has(RuleFlag::index); });
}

// The linker misses a symbol: an assembly file that was lost, or an archive that is damaged.
bool is_guess_at_user_code(const Diagnosis& d) {
  return d.flags.has(RuleFlag::linker_symbol);
}

// "package math is not in std (/usr/local/go/src/math)", and it is there: go's index of GOROOT has
// lost it.
bool misses_what_is_there(const Diagnosis& d, const std::string& go_root) {
  if (!d.flags.has(RuleFlag::not_in_std) || !go_root.starts_with("/") || !is_in(d.path, go_root))
    return false;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(d.path, error)) {
    if (entry.path().extension() == ".go") return true;
  }
  return false;
}

const Budget& budget_for(const std::vector<Diagnosis>& diagnoses) {
  if (diagnoses.empty()) return unasked;
  return std::ranges::all_of(diagnoses, is_guess_at_user_code) ? guessed : told;
}

bool is_forbidden(const std::vector<Diagnosis>& diagnoses, const std::string& build_cache) {
  return std::ranges::any_of(diagnoses, [&](const Diagnosis& d) {
    return d.failure == FailureClass::permission && is_in(d.path, build_cache);
  });
}

// Another go has trimmed or cleaned the cache meanwhile: the next run makes the entry again.
bool names_a_gone_entry(const std::vector<Diagnosis>& diagnoses, const std::string& build_cache) {
  return std::ranges::any_of(diagnoses, [&](const Diagnosis& d) {
    struct stat st;
    return d.failure == FailureClass::build_corrupt && is_in(d.path, build_cache) &&
           (d.path.ends_with("-a") || d.path.ends_with("-d")) &&
           ::lstat(d.path.c_str(), &st) != 0 && errno == ENOENT;
  });
}

class Work {
 public:
  Work(const Root& cache, const Settings& settings, const Request& request, const Budget& budget)
      : cache_(cache), settings_(settings), request_(request), budget_(budget) {}
  // Everything is looked at.
  Work(const Root& cache, const Settings& settings, const Request& request, Memo& memo,
       Progress& progress)
      : Work(cache, settings, request, Budget{}) {
    memo_ = &memo;
    progress_ = &progress;
  }

  BuildCacheMended run(bool look_only) {
    look();
    result_.findings = describe(survey_);
    if (look_only) return std::move(result_);
    for (const std::string& rel : survey_.dead) remove_dead(rel);
    if (survey_.bad.empty()) return std::move(result_);
    open_what_is_closed();
    for (const BadEntry& entry : survey_.bad) mend(entry);
    drop_programs_linked_from_garbage();
    summarise();
    return std::move(result_);
  }

  bool is_out_of_reach() const { return is_out_of_reach_; }

 private:
  void look() {
    const long long since = request_.started_ns - mark_interval_ns - slack_ns;
    survey_ = memo_ != nullptr ? survey_all(cache_, *memo_, *progress_)
                               : survey(cache_, since, budget_.for_used, budget_.for_rest);
    result_.entries = survey_.entries;
    result_.dead = survey_.dead.size();
    result_.unread = survey_.unread;
    for (const BadEntry& entry : survey_.bad) {
      trace("evidence: " + cache_.absolute(entry.rel));
      result_.newest_change_ns = std::max(result_.newest_change_ns, entry.seen.changed_ns());
    }
  }

  // What is behind it shows only then.
  void open_what_is_closed() {
    if (!survey_.has(BadEntry::Kind::closed)) return;
    for (const BadEntry& entry : survey_.bad) {
      if (entry.kind == BadEntry::Kind::closed) open(entry);
    }
    look();
  }

  void open(const BadEntry& entry) {
    const bool is_directory = entry.seen.kind == Kind::directory || entry.rel.empty();
    const mode_t wanted = is_directory ? 0777 : 0666;
    const mode_t mode =
        (entry.seen.st.st_mode & 07777) | (wanted & ~process_umask()) | (wanted & 0700);
    try {
      if (!entry.rel.empty())
        cache_.chmod(entry.rel, mode);
      else if (::chmod(cache_.path().c_str(), mode) != 0)
        throw std::system_error(errno, std::generic_category(), cache_.path());
      result_.changed = was_opened_ = true;
    } catch (const std::system_error& error) {
      note_failure(error.what());
    }
  }

  void mend(const BadEntry& entry) {
    try {
      switch (entry.kind) {
        case BadEntry::Kind::rotten:
        case BadEntry::Kind::no_file:
          return drop(entry.rel.substr(0, whole_size), true);
        case BadEntry::Kind::foreign:
          return drop(entry.rel, false);
        case BadEntry::Kind::inert:
          return make_executable(entry);
        case BadEntry::Kind::closed:  // it could not be opened
          return note_failure(cache_.absolute(entry.rel) + ": permission denied");
      }
    } catch (const std::system_error& error) {
      note_failure(error.what());
      is_out_of_reach_ = true;
    }
  }

  static constexpr std::size_t whole_size =
      69;  // "3f/<64 hex>-d": a program goes with its directory

  // Into quarantine; what is garbage for certain need not be kept where that can't be.
  void drop(const std::string& rel, bool is_garbage) {
    if (rel.empty()) throw std::system_error(EACCES, std::generic_category(), cache_.path());
    if (!dropped_.insert(rel).second) return;
    try {
      quarantine().take_from(cache_, rel, "gocache/" + rel);
      result_.replaced.push_back("gocache/" + rel);
    } catch (const std::system_error&) {
      if (!is_garbage) throw;
      cache_.remove_tree(rel);
    }
    result_.changed = true;
  }

  Quarantine& quarantine() {
    if (!module_cache_) module_cache_.emplace(settings_.mod_cache);
    if (!quarantine_) quarantine_.emplace(*module_cache_, settings_.keep);
    result_.quarantine = quarantine_->id();
    return *quarantine_;
  }

  // It leads to nothing: nothing is lost with it.
  void remove_dead(const std::string& rel) {
    try {
      cache_.remove(rel);
    } catch (const std::system_error& error) {  // go has made another meanwhile, or trimmed it
      trace("build cache: " + std::string(error.what()));
    }
  }

  void make_executable(const BadEntry& entry) {
    if (dropped_.contains(entry.rel.substr(0, whole_size))) return;
    cache_.chmod(entry.rel, 0777 & ~process_umask());
    result_.changed = was_opened_ = true;
  }

  // A program's name in the cache comes from what it was made of, not from the bytes that were
  // linked: one that was linked from garbage would be run for ever.
  void drop_programs_linked_from_garbage() {
    const bool may_have_run = request_.verb == "run" || request_.verb == "tool" || memo_ != nullptr;
    if (!may_have_run) return;
    const bool has_garbage = std::ranges::any_of(survey_.bad, [](const BadEntry& entry) {
      return entry.kind == BadEntry::Kind::rotten && entry.rel.size() == whole_size;
    });
    if (!has_garbage) return;
    try {
      for (const std::string& rel : survey_.programs) drop(rel, true);
    } catch (const std::system_error& error) {
      note_failure(error.what());
    }
  }

  void note_failure(const std::string& why) {
    if (result_.failure.empty()) result_.failure = why;
  }

  void summarise() {
    if (was_opened_) result_.action = RepairAction::permissions;
    if (!dropped_.empty()) result_.action = RepairAction::removed;
    result_.was_opened = was_opened_;
  }

  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  const Budget budget_;
  Memo* memo_ = nullptr;  // not owned; of a search of everything
  Progress* progress_ = nullptr;
  std::optional<Root> module_cache_;
  std::optional<Quarantine> quarantine_;
  Survey survey_;
  std::set<std::string> dropped_;
  bool was_opened_ = false;
  bool is_out_of_reach_ = false;
  BuildCacheMended result_;
};

// The index goes with GODEBUG=goindex=0: go then reads the trees themselves.
std::vector<std::string> without_index(const Request& request) {
  const std::string debug = env_value(request.env, "GODEBUG");
  if (debug.find("goindex=") != debug.npos) return {};
  return {"GODEBUG=" + debug + (debug.empty() ? "" : ",") + "goindex=0"};
}

std::vector<std::string> private_cache(const Request& request) {
  const std::string dir = make_state_dir(request.env);
  if (dir.empty()) return {};
  return {"GOCACHE=" + dir + "/build-cache"};
}

BuildCacheMended ask_for_another(BuildCacheMended repaired, const Settings& settings,
                                 const Request& request, bool look_only) {
  if (repaired.findings.empty()) repaired.findings = {settings.build_cache + " is not writable"};
  if (!look_only) repaired.retry_env = private_cache(request);
  if (!repaired.retry_env.empty()) repaired.action = RepairAction::private_cache;
  return repaired;
}

}  // namespace

std::string BuildCacheMended::done() const {
  const bool has_both = action == RepairAction::removed && was_opened;
  return words_of(action) + (has_both ? "; " + words_of(RepairAction::permissions) : "");
}

bool points_at_build_cache(const std::vector<Diagnosis>& diagnoses, const Settings& settings) {
  if (!settings.build_cache.starts_with("/")) return false;
  return std::ranges::any_of(diagnoses, [&](const Diagnosis& d) {
    return d.failure == FailureClass::build_corrupt || is_guess_at_user_code(d) ||
           misses_what_is_there(d, settings.go_root) ||
           (d.family() == patterns::Family::cache && is_in(d.path, settings.build_cache));
  });
}

BuildCacheMended repair_build_cache(const std::vector<Diagnosis>& diagnoses,
                                    const Settings& settings, const Request& request,
                                    bool look_only) {
  BuildCacheMended repaired;
  bool is_out_of_reach = false;
  if (settings.cache_program.empty()) {
    const Root cache(settings.build_cache);
    Work work(cache, settings, request, budget_for(diagnoses));
    repaired = work.run(look_only);
    is_out_of_reach = work.is_out_of_reach();
  }
  if (repaired.findings.empty() && settings.cache_program.empty() &&
      names_a_gone_entry(diagnoses, settings.build_cache)) {
    repaired.findings = {"an entry disappeared while go used it"};
    repaired.changed = !look_only;
  }
  if (repaired.findings.empty() && says_index_is_corrupt(diagnoses)) {
    repaired.retry_env = without_index(request);
    if (repaired.retry_env.empty()) return repaired;
    repaired.findings = {"a package index is corrupt, and can't be accessed"};
    repaired.action = RepairAction::index_disabled;
  }
  const bool is_forbidden_to_us = is_forbidden(diagnoses, settings.build_cache) &&
                                  (is_out_of_reach || repaired.findings.empty());
  if (is_forbidden_to_us && settings.cache_program.empty())
    return ask_for_another(std::move(repaired), settings, request, look_only);
  return repaired;
}

BuildCacheMended verify_build_cache(const Root& cache, const Settings& settings,
                                    const Request& request, bool look_only, Memo& memo,
                                    Progress& progress) {
  return Work(cache, settings, request, memo, progress).run(look_only);
}

}  // namespace recovery

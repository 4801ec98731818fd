#include "recovery/pipeline/other_caches.hpp"

#include <algorithm>
#include <exception>

#include "recovery/advice/advice.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/text.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/project/suspects.hpp"
#include "recovery/repair/build_cache_repair.hpp"
#include "recovery/repair/clone_repair.hpp"
#include "recovery/repair/stage.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

void say(Outcome& outcome, const std::string& words, Outcome::Kind kind) {
  outcome.words.push_back(words);
  outcome.annotations.push_back(words);
  outcome.kind = std::max(outcome.kind, kind);
}

// What the retry would need and can't have: where the user's own code would see it.
std::string to_type(const std::vector<std::string>& retry_env) {
  return "; run: " + joined(retry_env) + " go …";
}

// A cache of go's own costs a whole build each time: what a person can do about the user's.
void say_how_to_get_in(Outcome& outcome, const std::vector<Diagnosis>& diagnoses) {
  for (const Diagnosis& d : diagnoses) {
    if (d.failure != patterns::FailureClass::permission) continue;
    const Advice advice = permission_advice(d.path);
    if (!advice.empty()) return say(outcome, advice.line(), Outcome::Kind::advice);
  }
}

// `said`: what go said of it.
Outcome mend_build_cache(const Place& place, const std::vector<Diagnosis>& said) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  Outcome outcome;
  const BuildCacheMended repaired =
      repair_build_cache(said, settings, request, request.advise_only);
  if (repaired.findings.empty()) return outcome;
  const std::string what = "the build cache: " + joined(repaired.findings);
  if (request.advise_only) {
    say(outcome, what + "; would be repaired (GOMEND=advise)", Outcome::Kind::advice);
    return outcome;
  }
  if (!repaired.retry_env.empty() && !request.may_set_env) {
    say(outcome, what + to_type(repaired.retry_env), Outcome::Kind::advice);
    return outcome;
  }
  if (!repaired.changed && repaired.retry_env.empty()) {
    say(outcome,
        with_next(what + "; not repaired: " + repaired.failure,
                  "ls -ld " + quoted(settings.build_cache)),
        Outcome::Kind::advice);
    return outcome;
  }
  if (!repaired.retry_env.empty()) say_how_to_get_in(outcome, diagnoses);
  say(outcome, what + (repaired.action == RepairAction::none ? "" : "; " + repaired.done()),
      Outcome::Kind::repaired);
  outcome.repaired_damage = repaired.changed;
  outcome.retry_env = repaired.retry_env;
  outcome.evidence = acting::evidence_of_damage(repaired.newest_change_ns, request.started_ns);
  if (repaired.action == RepairAction::none) return outcome;
  write_journal(request.env, {"", "the build cache", diagnoses.front().class_id, repaired.findings,
                              repaired.done(), "", settings.mod_cache, repaired.quarantine,
                              repaired.replaced, repaired.action});
  return outcome;
}

void mend_clones(const Place& place, Outcome& outcome) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  for (const CloneMended& repaired :
       repair_clones(diagnoses, *cache, settings, request, *list, request.advise_only)) {
    const std::string what = "the clone of " + repaired.name + ": " + joined(repaired.findings);
    if (request.advise_only) {
      say(outcome, what + "; would be repaired (GOMEND=advise)", Outcome::Kind::advice);
    } else if (!repaired.failure.empty()) {
      say(outcome,
          with_next(what + "; not repaired: " + repaired.failure,
                    "ls -ld " + quoted(settings.mod_cache + "/cache/vcs")),
          Outcome::Kind::advice);
    } else {
      say(outcome, what + "; " + repaired.done(), Outcome::Kind::repaired);
      outcome.repaired_damage = true;
      outcome.evidence = acting::weaker(outcome.evidence, acting::Evidence::newer);
      write_journal(request.env, {"", "the clone of " + repaired.name, diagnoses.front().class_id,
                                  repaired.findings, repaired.done(), "", settings.mod_cache,
                                  repaired.quarantine, repaired.replaced, repaired.action});
    }
    outcome.annotations.back() = "a clone in cache/vcs is corrupt";  // its name may be private
  }
}

// Whom may be asked for what the text names.
struct Asker {
  explicit Asker(const Place& place)
      : config(read_config(place.request.env, directory_of(place.settings.go_mod))),
        sources(place.settings, place.request, config, place.list) {
    sources.note_named(named_modules(place.diagnoses, place.request, place.settings));
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  Config config;
  Sources sources;
};

void mend_sumdb_state(const Place& place, Outcome& outcome) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  if (request.advise_only) return;  // only a fetch could prove anything
  const Asker asker(place);
  std::vector<Diagnosis> known;  // about what may be asked for
  for (const Diagnosis& d : diagnoses) {
    const auto m = ModuleVersion::parse(d.module, d.version);
    if (!m || asker.sources.may_ask(*m)) known.push_back(d);
  }
  const SumdbMended repaired = repair_sumdb_state(known, *cache, settings, request);
  if (!repaired.advice.empty())
    return say(outcome,
               with_next(joined(repaired.findings) + "; " + repaired.advice, repaired.next),
               Outcome::Kind::advice);
  if (!repaired.changed) return;
  say(outcome, joined(repaired.findings) + "; " + repaired.done(), Outcome::Kind::repaired);
  outcome.repaired_damage = true;
  outcome.evidence = acting::weaker(outcome.evidence, acting::Evidence::newer);
  write_journal(request.env, {"", "the checksum database's answers", diagnoses.front().class_id,
                              repaired.findings, repaired.done(), "", settings.mod_cache,
                              repaired.quarantine, repaired.replaced, repaired.action});
}

}  // namespace

bool shows_fork(const Place& place) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  const std::string name = sumdb_name(settings);
  if (cache == nullptr || request.advise_only || name.empty()) return false;
  const Asker asker(place);
  std::vector<ModuleVersion> candidates(list->modules().begin(), list->modules().end());
  const auto named = named_modules(diagnoses, request, settings);
  std::ranges::stable_partition(candidates, [&](const auto& m) { return named.contains(m); });
  for (const ModuleVersion& m : candidates) {
    if (match_prefix_patterns(settings.no_sumdb, m.path()) || !asker.sources.may_ask(m)) continue;
    Stage stage(*cache, settings, request);
    const Stage::Fetched fetched = stage.fetch(m, {}, "");
    return fetched.error.find("misbehavior detected") != std::string::npos;
  }
  return false;
}

Outcome fork_alarm() {
  Outcome outcome;
  say(outcome,
      "SECURITY: the checksum database is inconsistent: two histories that exclude each other (a "
      "fork); use nothing downloaded since; see: go env GOSUMDB GOPROXY",
      Outcome::Kind::advice);
  return outcome;
}

bool points_at_other_caches(const std::vector<Diagnosis>& diagnoses, const Settings& settings) {
  return points_at_build_cache(diagnoses, settings);
}

bool has_cause_in_other_caches(const Place& place) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  if (points_at_build_cache(diagnoses, settings)) {
    const BuildCacheMended seen = repair_build_cache(diagnoses, settings, request, true);
    if (!seen.findings.empty() && (seen.retry_env.empty() || request.may_set_env)) return true;
  }
  return cache != nullptr && request.trust == Trust::gos_own_words &&
         points_at_clones(diagnoses, settings) &&
         !repair_clones(diagnoses, *cache, settings, request, *list, true).empty();
}

void QuickBuildCacheCheck::look() {
  const std::string& directory = place_.settings.build_cache;
  const bool is_reached = directory.starts_with("/") && place_.settings.cache_program.empty();
  is_suspect_ = is_reached && exists(directory) &&
                !repair_build_cache({}, place_.settings, place_.request, true).findings.empty();
}

Outcome QuickBuildCacheCheck::mend() {
  try {
    if (!is_suspect_) look();
    return *is_suspect_ ? mend_build_cache(place_, {}) : Outcome();
  } catch (const std::exception& error) {  // nobody has asked for it
    trace("build cache: " + std::string(error.what()));
    return {};
  }
}

Outcome repair_other_caches(const Place& place) {
  Outcome outcome;
  if (points_at_build_cache(place.diagnoses, place.settings))
    outcome = mend_build_cache(place, place.diagnoses);
  // These two fetch, and what they fetch the text may choose.
  if (place.request.trust != Trust::gos_own_words) return outcome;
  if (place.cache != nullptr && points_at_clones(place.diagnoses, place.settings))
    mend_clones(place, outcome);
  if (place.cache != nullptr && points_at_sumdb_state(place.diagnoses))
    mend_sumdb_state(place, outcome);
  return outcome;
}

}  // namespace recovery

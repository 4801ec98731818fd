#include "recovery/other_caches.hpp"

#include <algorithm>
#include <exception>

#include "recovery/advice.hpp"
#include "recovery/build_cache_repair.hpp"
#include "recovery/clones.hpp"
#include "recovery/describe.hpp"
#include "recovery/journal.hpp"
#include "recovery/project_files.hpp"
#include "recovery/sumdb_state.hpp"

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
  return "; next: " + joined(retry_env) + " go …";
}

// A cache of go's own costs a whole build each time: what a person can do about the user's.
void say_how_to_get_in(Outcome& outcome, const std::vector<Diagnosis>& diagnoses) {
  for (const Diagnosis& d : diagnoses) {
    if (d.class_id != "cache/permission") continue;
    const std::string words = permission_advice(d.path);
    if (!words.empty()) return say(outcome, words, Outcome::Kind::advice);
  }
}

// `said`: what go said of it.
Outcome mend_build_cache(const Place& place, const std::vector<Diagnosis>& said) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  Outcome outcome;
  const BuildCacheMended mended = repair_build_cache(said, settings, request, request.advise_only);
  if (mended.findings.empty()) return outcome;
  const std::string what = "the build cache: " + joined(mended.findings);
  if (request.advise_only) {
    say(outcome, what + "; would be mended, but GOMEND=advise", Outcome::Kind::advice);
    return outcome;
  }
  if (!mended.retry_env.empty() && !request.may_set_env) {
    say(outcome, what + to_type(mended.retry_env), Outcome::Kind::advice);
    return outcome;
  }
  if (!mended.changed && mended.retry_env.empty()) {
    say(outcome,
        what + "; not mended: " + mended.failure + "; next: ls -ld " + settings.build_cache,
        Outcome::Kind::advice);
    return outcome;
  }
  if (!mended.retry_env.empty()) say_how_to_get_in(outcome, diagnoses);
  say(outcome, what + (mended.done.empty() ? "" : "; " + mended.done), Outcome::Kind::mended);
  outcome.retry_env = mended.retry_env;
  outcome.damage_is_newer = request.started_ns > 0 && mended.newest_change_ns > request.started_ns;
  if (mended.done.empty()) return outcome;
  write_journal(request.env,
                {"", "the build cache", diagnoses.front().class_id, mended.findings, mended.done,
                 "", settings.mod_cache, mended.quarantine, mended.replaced});
  return outcome;
}

void mend_clones(const Place& place, Outcome& outcome) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  for (const CloneMended& mended :
       repair_clones(diagnoses, *cache, settings, request, *list, request.advise_only)) {
    const std::string what = "the clone of " + mended.name + ": " + joined(mended.findings);
    if (request.advise_only) {
      say(outcome, what + "; would be mended, but GOMEND=advise", Outcome::Kind::advice);
    } else if (!mended.failure.empty()) {
      say(outcome,
          what + "; not mended: " + mended.failure + "; next: ls -ld " + settings.mod_cache +
              "/cache/vcs",
          Outcome::Kind::advice);
    } else {
      say(outcome, what + "; " + mended.done, Outcome::Kind::mended);
      write_journal(request.env,
                    {"", "the clone of " + mended.name, diagnoses.front().class_id, mended.findings,
                     mended.done, "", settings.mod_cache, mended.quarantine, mended.replaced});
    }
    outcome.annotations.back() = "a clone in cache/vcs is damaged";  // its name may be private
  }
}

void mend_sumdb_state(const Place& place, Outcome& outcome) {
  const auto& [diagnoses, settings, request, cache, list] = place;
  if (request.advise_only) return;  // only a fetch could prove anything
  const SumdbMended mended = repair_sumdb_state(diagnoses, *cache, settings, request);
  if (!mended.advice.empty())
    return say(outcome, joined(mended.findings) + "; " + mended.advice, Outcome::Kind::advice);
  if (!mended.changed) return;
  say(outcome, joined(mended.findings) + "; " + mended.done, Outcome::Kind::mended);
  write_journal(request.env,
                {"", "the checksum database's answers", diagnoses.front().class_id, mended.findings,
                 mended.done, "", settings.mod_cache, mended.quarantine, mended.replaced});
}

}  // namespace

Outcome fork_alarm() {
  Outcome outcome;
  say(outcome,
      "the checksum database shows two histories that exclude each other: this is the alarm that "
      "it "
      "exists for; use nothing that was downloaded since; next: go env GOSUMDB GOPROXY",
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
  return cache != nullptr && points_at_clones(diagnoses, settings) &&
         !repair_clones(diagnoses, *cache, settings, request, *list, true).empty();
}

void Glance::look() {
  const std::string& directory = place_.settings.build_cache;
  const bool is_reached = directory.starts_with("/") && place_.settings.cache_program.empty();
  is_suspect_ = is_reached && exists(directory) &&
                !repair_build_cache({}, place_.settings, place_.request, true).findings.empty();
}

Outcome Glance::mend() {
  try {
    if (!is_suspect_) look();
    return *is_suspect_ ? mend_build_cache(place_, {}) : Outcome();
  } catch (const std::exception& error) {  // nobody has asked for it
    trace("build cache: " + std::string(error.what()));
    return {};
  }
}

Outcome mend_other_caches(const Place& place) {
  Outcome outcome;
  if (points_at_build_cache(place.diagnoses, place.settings))
    outcome = mend_build_cache(place, place.diagnoses);
  if (place.cache != nullptr && points_at_clones(place.diagnoses, place.settings))
    mend_clones(place, outcome);
  if (place.cache != nullptr && points_at_sumdb_state(place.diagnoses))
    mend_sumdb_state(place, outcome);
  return outcome;
}

}  // namespace recovery

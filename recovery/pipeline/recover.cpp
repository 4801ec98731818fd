#include "recovery/pipeline/recover.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <system_error>
#include <thread>

#include "recovery/advice/advice.hpp"
#include "recovery/evidence/concurrent_repair.hpp"
#include "recovery/evidence/describe.hpp"
#include "recovery/go/go_flags.hpp"
#include "recovery/go/quoted_source.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/text.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/context.hpp"
#include "recovery/pipeline/other_caches.hpp"
#include "recovery/pipeline/report.hpp"
#include "recovery/pipeline/source_trouble.hpp"
#include "recovery/pipeline/survey.hpp"
#include "recovery/repair/repairer.hpp"
#include "recovery/repair/sumdb_state.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

constexpr auto no_hurry = std::chrono::hours(24);

// Who reads -json reads go's stderr as data, too. Damage that could not be mended is told all the
// same.
bool wants_silence(const Request& request) {
  const Words words = words_of(request.argv);
  if (words.find("json") != nullptr) return words.on("json");
  Words settings;
  settings.flags = flags_in_goflags(env_value(request.env, "GOFLAGS"));
  return settings.find("json") != nullptr && settings.on("json");
}

// The full or read-only disk, or the link planted in our way, is what a person can mend: not the
// sources.
Advice cannot_write(const std::system_error& error, const std::string& mod_cache) {
  const bool is_full = error.code() == std::errc::no_space_on_device;
  return {std::string("not repaired: ") + error.what(),
          (is_full ? "df -h " : "ls -ld ") + quoted(mod_cache)};
}

class Recovery {
 public:
  Recovery(const Request& request, const RecoveryContext& context)
      : request_(request),
        context_(context),
        sources_(context.settings, request, context.config, context.list.get()),
        repairer_(*context.cache, context.settings, request, sources_),
        report_(request, context, sources_) {
    sources_.note_named(context.named);
  }

  // `others_were_damaged`: something else than a module was broken, and has been mended. Else
  // `glance` looks at the build cache beside the repairs.
  Outcome run(bool others_were_damaged, QuickBuildCacheCheck& glance) {
    const std::vector<ModuleState> causes = causes_among_suspects(context_, repairer_);
    met_damage_ = !causes.empty();
    if (others_were_damaged || met_damage_ || settled_doubt() ||
        was_repaired_by_another_process()) {
      repair_all(causes, others_were_damaged ? nullptr : &glance);
    } else if (context_.step == Step::other_source) {
      SourceTrouble(request_, context_, sources_, repairer_, report_, failures_).get_over();
    }
    if (request_.trust != Trust::gos_own_words) {
      if (report_.outcome.kind == Outcome::Kind::nothing) tell_of_damage();
      return std::move(report_.outcome);
    }
    if (warn_of_refuted()) return std::move(report_.outcome);
    if (report_.outcome.kind != Outcome::Kind::repaired || named_one_failed()) advise();
    return std::move(report_.outcome);
  }

  Outcome run_for(const std::vector<ModuleVersion>& modules, bool typed) {
    if (typed) sources_.note_typed({modules.begin(), modules.end()});
    Unknown unknown;
    for (const ModuleState& cause :
         causes_among(context_, repairer_, modules, Depth::everything, no_hurry, unknown)) {
      mend(cause);
    }
    for (const auto& [m, why] : unknown) {
      report_.say(m, "could not be read (" + why + ")", "");
      report_.outcome.items.back().is_unknown = true;
    }
    for (const auto& [m, findings] : failures_.findings) report_.say(m, summary(m, findings));
    return std::move(report_.outcome);
  }

  bool met_damage() const { return met_damage_; }  // of modules, by run()

  bool has_cause() { return !causes_among_suspects(context_, repairer_).empty(); }

  bool lacks_what_may_come() {
    return context_.step == Step::other_source && request_.trust == Trust::gos_own_words &&
           SourceTrouble(request_, context_, sources_, repairer_, report_, failures_).is_lacking();
  }

 private:
  void repair_all(const std::vector<ModuleState>& causes, QuickBuildCacheCheck* glance) {
    {
      // Reads only. A repair waits for a source most of its time.
      const std::jthread beside([&] {
        try {
          look_at_rest();
          if (glance != nullptr) glance->look();
        } catch (const std::exception& error) {  // comes up again, in its turn
          trace(error.what());
        }
      });
      for (const ModuleState& cause : causes) mend(cause);
    }
    look_at_rest();
    for (const ModuleState& cause : rest_.value()) mend(cause);
    repair_unsettled();
  }

  void look_at_rest() {
    if (!rest_) rest_ = causes_in_rest(context_, repairer_);
  }

  // Nothing is damaged by what the cache itself knows, and go says that a checksum is wrong: where
  // a record in the cache says so, too, the checksum database has the last word.
  bool settled_doubt() {
    if (request_.advise_only || context_.root().family() != patterns::Family::checksum)
      return false;
    for (const ModuleVersion& m : context_.named) {
      const Expected expected = context_.list->expected(m);
      if (!repairer_.is_doubted(m, expected)) continue;
      try {
        const RepairResult repaired = repairer_.mend(m, expected, false);
        if (repaired.changed)
          report_.note_success(m, repaired, acting::Evidence::newer, repairer_.quarantine_id());
      } catch (const std::exception& error) {  // what go said stands
        trace("ask the checksum database about " + m.str() + ": " + error.what());
      }
    }
    return report_.outcome.kind == Outcome::Kind::repaired;
  }

  // Whether plain go would ask for it, a go.mod told that was damaged itself.
  void repair_unsettled() {
    context_.list->reread();
    std::vector<ModuleState> again;
    for (const ModuleState& cause : rest_.value()) {
      const bool failed =
          failures_.findings.contains(cause.module) && failures_.whys.contains(cause.module);
      if (failed && sources_.may_ask(cause.module)) again.push_back(cause);
    }
    for (const ModuleState& cause : again) {
      failures_.findings.erase(cause.module);
      mend(cause);
    }
  }

  bool was_repaired_by_another_process() {
    const auto other = recovery::repaired_by_another_process(
        *context_.cache, request_, context_.diagnoses, context_.named, context_.suspects);
    if (!other) return false;
    report_.say(*other, "already repaired by another process", "", true);
    report_.note_repaired(acting::Evidence::absent);
    return true;
  }

  void mend(const ModuleState& cause) {
    const ModuleVersion& m = cause.module;
    if (request_.advise_only) return say_only(cause);
    RepairResult repaired;
    try {
      repaired = repairer_.mend(m, context_.list->expected(m), context_.is_suspect(m));
    } catch (const std::system_error& error) {
      repaired.failure = error.what();
      failures_.obstacles.emplace(m, cannot_write(error, context_.settings.mod_cache));
    } catch (const std::exception& error) {
      repaired.failure = error.what();
    }
    trace("repair " + m.str() + ": " +
          (repaired.failure.empty() ? repaired.done : "failed: " + repaired.failure));
    if (!repaired.failure.empty()) failures_.note_reasons(m, repaired);
    if (!repaired.failure.empty()) return note_failure(m, cause, repaired);
    if (!repaired.changed && repaired.was_sound) return;
    if (!repaired.changed) {  // someone else had it mended while we waited for the lock
      report_.say(m, "already repaired by another process", "", true);
      report_.note_repaired(acting::Evidence::absent);
      return;
    }
    const long long newest = repaired.newest_change_ns == 0  // not known
                                 ? 0
                                 : std::max(repaired.newest_change_ns, cause.newest_absence_ns);
    report_.note_success(m, repaired, acting::evidence_of_damage(newest, request_.started_ns),
                         repairer_.quarantine_id());
    report_.outcome.repaired_damage = true;
  }

  // go.sum is the user's: we don't write there, and with that line in it go must not run again.
  bool warn_of_refuted() {
    for (const Diagnosis& d : context_.diagnoses) {
      for (const std::string& go_sum : context_.settings.sum_files) {
        const Advice advice =
            refuted_hash_advice(d, go_sum, gosum_fix(request_, context_.settings));
        if (advice.empty()) continue;
        report_.say_of_root(advice);
        report_.outcome.kind = Outcome::Kind::advice;
        return true;
      }
    }
    return false;
  }

  // What go itself complained of: the retry will fail on it.
  bool named_one_failed() const {
    return !failures_.findings.empty() &&
           context_.named.contains(failures_.worst(context_.named)->first);
  }

  void note_failure(const ModuleVersion& m, const ModuleState& cause,
                    const RepairResult& repaired) {
    failures_.findings.emplace(m, repaired.findings.empty() ? describe(cause) : repaired.findings);
  }

  void say_only(const ModuleState& cause) {
    const std::vector<std::string> findings = describe(cause);
    report_.say(
        cause.module,
        findings.empty() ? "stale package index in the build cache" : joined(findings),
        is_question() ? "run: gomend verify --repair" : "would be repaired (GOMEND=advise)");
    report_.outcome.kind = Outcome::Kind::advice;
  }

  // `go mod verify` and `gomend verify` ask what is wrong; they are answered.
  bool is_question() const { return request_.verb == "mod verify" || request_.verb == "verify"; }

  // Damage that was seen on the disk, and is there still: no word of anybody's is needed for that.
  void tell_of_damage() {
    for (const auto& [m, findings] : failures_.findings) {
      if (findings.empty()) continue;
      report_.say(m, summary(m, findings));
      report_.outcome.kind = Outcome::Kind::advice;
      return;  // one line
    }
  }

  void advise() {
    if (report_.outcome.kind == Outcome::Kind::advice) return;
    Advice advice;
    if (!failures_.findings.empty()) {
      const auto& [m, findings] = *failures_.worst(context_.named);
      advice = summary(m, findings);
      if (!advice.empty()) report_.say(m, advice);
    }
    if (advice.empty() && !wants_silence(request_)) {
      advice = advice_on_root();
      if (!advice.empty()) report_.say_of_root(advice);
    }
    if (!advice.empty() && report_.outcome.kind != Outcome::Kind::repaired)
      report_.outcome.kind = Outcome::Kind::advice;
  }

  Advice advice_on_root() const {
    return advice_on(
        {request_, context_.settings, context_.diagnoses, *context_.list, *context_.cache});
  }

  // Why no source helps: go.sum is wrong, or the module was changed upstream; empty if nothing was
  // damaged.
  Advice summary(const ModuleVersion& m, const std::vector<std::string>& findings) {
    if (const auto obstacle = failures_.obstacles.find(m); obstacle != failures_.obstacles.end())
      return {joined(findings) + "; " + obstacle->second.words, obstacle->second.next};
    const bool is_checksum = context_.root().family() == patterns::Family::checksum &&
                             request_.trust == Trust::gos_own_words;
    const Expected expected = context_.list->expected(m);
    if (is_checksum && expected.by == Expected::By::go_sum && !request_.advise_only &&
        sources_.may_ask(m)) {
      try {
        const auto why = failures_.whys.find(m);
        return explain_checksum_mismatch(m, expected, repairer_.ask_sumdb(m),
                                         gosum_fix(request_, context_.settings),
                                         why == failures_.whys.end() ? std::string() : why->second);
      } catch (const std::exception& error) {
        trace("ask the checksum database: " + std::string(error.what()));
      }
    }
    if (findings.empty()) return {};
    return {joined(findings) + "; " + failures_.why_not_replaced(m),
            (sources_.may_ask(m) ? "go mod download " : "gomend evict ") + m.str()};
  }

  const Request& request_;
  const RecoveryContext& context_;
  Sources sources_;
  Repairer repairer_;
  Report report_;
  Failures failures_;
  bool met_damage_ = false;
  std::optional<std::vector<ModuleState>> rest_;
};

Place place_of(const Request& request, const RecoveryContext& context) {
  return {context.diagnoses, context.settings, request, context.cache.get(), context.list.get()};
}

// What was done to the other caches, and then to the modules.
Outcome together(Outcome first, Outcome second) {
  const bool has_first = first.kind != Outcome::Kind::nothing;
  if (has_first && second.kind == Outcome::Kind::advice) return first;  // one line of advice
  first.kind = std::max(first.kind, second.kind);
  first.words.insert(first.words.end(), second.words.begin(), second.words.end());
  first.annotations.insert(first.annotations.end(), second.annotations.begin(),
                           second.annotations.end());
  first.items.insert(first.items.end(), second.items.begin(), second.items.end());
  first.retry_env.insert(first.retry_env.end(), second.retry_env.begin(), second.retry_env.end());
  if (!second.next.empty()) first.next = second.next;
  if (!second.outage.complaint.empty()) first.outage = second.outage;
  first.repaired_damage = first.repaired_damage || second.repaired_damage;
  first.evidence = acting::weaker(first.evidence, second.evidence);
  return first;
}

Outcome recover_in(const RecoveryContext& context, const Request& request) {
  const Place place = place_of(request, context);
  if (is_fork(context.diagnoses) && request.trust == Trust::gos_own_words && shows_fork(place))
    return fork_alarm();
  const Outcome others = repair_other_caches(place);
  if (!context.cache) return others;
  const bool is_damaged = others.kind == Outcome::Kind::repaired;
  Recovery recovery(request, context);
  QuickBuildCacheCheck glance(place);
  const Outcome modules = recovery.run(is_damaged, glance);
  const Outcome outcome = together(others, modules);
  // One retry must be enough: where modules were damaged, the build cache may be, too.
  const bool is_due =
      !is_damaged && recovery.met_damage() && modules.kind == Outcome::Kind::repaired;
  return is_due ? together(outcome, glance.mend()) : outcome;
}

Request with_trust_of_its_text(Request request) {
  if (quotes_a_source(request.text)) request.trust = Trust::may_be_anybodys;
  return request;
}

void advise_as_users_do(const std::vector<Diagnosis>& user_rule_matches, Outcome& outcome) {
  for (const Diagnosis& d : user_rule_matches) {
    const Advice advice = advice_for({d.failure, Step::advise, d.advice}, d);
    if (advice.empty()) continue;
    outcome.kind = Outcome::Kind::advice;
    outcome.class_id = d.class_id;
    outcome.words = {advice.line()};
    outcome.next = advice.next;
    return;  // one line; and it does not travel
  }
}

}  // namespace

bool look(const Request& asked) {
  const Request request = with_trust_of_its_text(asked);
  const auto context = make_context(request, true);
  if (!context || context->step == Step::advise || context->step == Step::nothing) return false;
  if (has_cause_in_other_caches(place_of(request, *context))) return true;
  return context->cache && Recovery(request, *context).has_cause();
}

bool lacks(const Request& asked) {
  const Request request = with_trust_of_its_text(asked);
  const auto context = make_context(request, true);
  return context && context->cache && Recovery(request, *context).lacks_what_may_come();
}

Outcome recover(const Request& asked) {
  const Request request = with_trust_of_its_text(asked);
  const auto context = make_context(request, false);
  if (!context) return {};
  Outcome outcome;
  if (context->step != Step::nothing) outcome = recover_in(*context, request);
  if (!context->diagnoses.empty()) outcome.class_id = context->root().class_id;
  if (outcome.kind == Outcome::Kind::nothing && !wants_silence(request))
    advise_as_users_do(context->user_rule_matches, outcome);
  outcome.complaints = context->config.complaints;
  return outcome;
}

Outcome check_modules(const Request& request, const std::set<ModuleVersion>& modules, bool typed) {
  RecoveryContext context;
  context.diagnoses.emplace_back().class_id = "verify";  // for the journal; a class of go's words
                                                         // there is none
  context.step = Step::mend;
  load_settings_and_build_list(request, false, context, modules);
  return Recovery(request, context).run_for({modules.begin(), modules.end()}, typed);
}

}  // namespace recovery

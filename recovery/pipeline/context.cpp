#include "recovery/pipeline/context.hpp"

#include <algorithm>
#include <iterator>

#include "patterns/matcher.hpp"
#include "recovery/advice/advice.hpp"
#include "recovery/advice/user_rules.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/other_caches.hpp"
#include "recovery/project/suspects.hpp"
#include "recovery/settings/settings_at_hand.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

// The root cause says whether this is ours at all; then the strongest step of what else was said
// counts.
Step step_of(const std::vector<Diagnosis>& diagnoses) {
  Step step = Step::nothing;
  for (const Diagnosis& d : diagnoses) step = std::max(step, policy_of(d.failure).step);
  const Step root = policy_of(diagnoses.front().failure).step;
  return root == Step::nothing || root == Step::advise ? root : std::min(step, Step::other_source);
}

// What anybody may have written makes us look at the disk, and do no more.
Step step_for(const Request& request, const std::vector<Diagnosis>& diagnoses) {
  if (request.trust == Trust::gos_own_words) return step_of(diagnoses);
  Step step = Step::nothing;
  for (const Diagnosis& d : diagnoses) {
    const Step one = policy_of(d.failure).step;
    if (one != Step::advise) step = std::max(step, std::min(one, Step::mend));
  }
  return step;
}

std::vector<Diagnosis> diagnose_by_all(const Request& request) {
  const UserRules rules = read_user_rules(request.env, request.dir);
  if (!rules.failure.empty()) trace("rules: " + rules.failure);
  for (const UserRules::File& file : rules.files) {
    if (!file.failure.empty()) trace("rules: " + file.failure);
  }
  return patterns::diagnose(request.text, rules.all());
}

// They say something, and decide nothing: whether the disk is looked at is told by the rest.
std::vector<Diagnosis> extract_user_rule_matches(std::vector<Diagnosis>& all) {
  const auto first = std::stable_partition(all.begin(), all.end(),
                                           [](const Diagnosis& d) { return d.advice.empty(); });
  std::vector<Diagnosis> taken(std::make_move_iterator(first), std::make_move_iterator(all.end()));
  all.erase(first, all.end());
  return taken;
}

}  // namespace

void load_settings_and_build_list(const Request& request, bool reads_only, RecoveryContext& context,
                                  const std::set<ModuleVersion>& modules) {
  context.settings = reads_only ? settings_at_hand(request) : read_settings(request);
  context.config = read_config(request.env, directory_of(context.settings.go_mod));
  const bool is_there = exists(context.settings.mod_cache);
  if (!is_there && (reads_only || points_at_other_caches(context.diagnoses, context.settings)))
    return;
  if (!is_there) {
    context.lent = std::make_unique<ScopedDirectory>(context.settings.mod_cache,
                                                     env_value(request.env, "HOME"));
  }
  context.cache = std::make_unique<Root>(context.settings.mod_cache);
  context.named = named_modules(context.diagnoses, request, context.settings);
  std::set<ModuleVersion> roots = modules_of_command(request, *context.cache);
  if (request.trust == Trust::gos_own_words)
    roots.insert(context.named.begin(), context.named.end());
  else if (const auto toolchain = toolchain_in_use(context.settings))
    roots.insert(*toolchain);
  roots.insert(modules.begin(), modules.end());
  context.list = std::make_unique<BuildList>(context.settings, *context.cache, roots);
  for (const Diagnosis& d : context.diagnoses) {
    if (is_refuted(d) && request.trust == Trust::gos_own_words) context.list->refute(d.got);
  }
}

std::unique_ptr<RecoveryContext> make_context(const Request& request, bool reads_only) {
  auto context = std::make_unique<RecoveryContext>();
  // A look costs a running go its time: it makes do with our own rules.
  context->diagnoses = reads_only ? patterns::diagnose(request.text) : diagnose_by_all(request);
  context->user_rule_matches = extract_user_rule_matches(context->diagnoses);
  for (const Diagnosis& d : context->diagnoses)
    trace("diagnosis: " + d.class_id + " (" + d.rule + "): " + d.line);
  if (request.trust != Trust::gos_own_words) context->user_rule_matches.clear();
  context->step =
      context->diagnoses.empty() ? Step::nothing : step_for(request, context->diagnoses);
  if (context->step == Step::nothing)
    return context->user_rule_matches.empty() ? nullptr : std::move(context);
  load_settings_and_build_list(request, reads_only, *context);
  if (!context->cache) return context;
  if (!context->settings.is_vendored) {
    context->suspects = hinted_modules(context->diagnoses, request, *context->list);
  }
  context->suspects.insert(context->named.begin(), context->named.end());
  context->suspects.merge(
      modules_behind(context->diagnoses, request, context->settings, *context->list));
  if (request.trust != Trust::gos_own_words) {
    const auto is_foreign = [&](const ModuleVersion& m) {
      return !context->list->modules().contains(m);
    };
    std::erase_if(context->named, is_foreign);
    std::erase_if(context->suspects, is_foreign);
  }
  return context;
}

}  // namespace recovery

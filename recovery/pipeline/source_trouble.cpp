#include "recovery/pipeline/source_trouble.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "recovery/advice/advice.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"
#include "recovery/settings/goproxy.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::FailureClass;
using patterns::Family;
using Clock = std::chrono::steady_clock;

constexpr auto shared_cache_budget = std::chrono::seconds(5);
constexpr std::size_t most_wanted = 16;  // modules that are fetched on a guess
constexpr int own_turns = 3;             // within three or four seconds
constexpr int most_rounds = 16;          // of fetching what a go.mod requires that has just come

// Jittered: many builds that failed together should not come back together.
std::chrono::milliseconds short_while() {
  return std::chrono::milliseconds(200 + std::random_device()() % 300);
}

// These look for versions, or ask a repository: nothing can be fetched ahead of them.
bool asks_versions(const std::string& verb) {
  return verb == "get" || verb == "install" || verb == "run" || verb == "list" ||
         verb.starts_with("mod ");
}

// A source on this machine is there without any network.
bool is_local(std::string_view url) {
  const std::string name = source_name(std::string(url));
  return name.starts_with("127.") || name.starts_with("localhost") || name.starts_with("[::1]") ||
         url.starts_with("file://");
}

std::size_t files_below(const Root& cache, const std::string& directory) {
  std::size_t count = 0;
  for (const std::string& name : cache.list(directory).value_or(std::vector<std::string>{})) {
    const std::string path = directory + "/" + name;
    count += cache.stat(path).kind == Kind::directory ? files_below(cache, path) : 1;
  }
  return count;
}

std::string counted(std::size_t n) {
  return std::to_string(n) + (n == 1 ? " module" : " modules");
}

}  // namespace

void SourceTrouble::get_over() {
  if (is_about_sumdb()) return ask_database_again();
  if (is_down()) return try_again();
  for (const ModuleVersion& m : wanted()) {
    if (sources_.may_ask(m)) ask_other_sources(m);
  }
  if (report_.outcome.kind != Outcome::Kind::repaired) return;
  check_shared_cache();
  report_.outcome.outage.came = report_.outcome.items.size();
  note_outage(false);
}

bool SourceTrouble::is_lacking() const {
  if (context_.root().failure == FailureClass::zip_corrupt) {  // a body that was cut off
    const auto all = wanted();
    return std::ranges::any_of(all, [&](const auto& m) { return is_absent(m, ".zip"); });
  }
  if (context_.root().family() != Family::network || is_hopeless()) return false;
  const auto lost = missing_modules();
  return std::ranges::any_of(lost,
                             [&](const auto& one) { return context_.named.contains(one.module); });
}

// What go named. It does not always say whose zip was no zip: then also what the cache does not
// hold of those that it may have meant.
std::set<ModuleVersion> SourceTrouble::wanted() const {
  std::set<ModuleVersion> all = context_.named;
  if (context_.root().failure != FailureClass::zip_corrupt) return all;
  const bool any = context_.suspects.empty() && request_.verb == "mod download";
  for (const ModuleVersion& m : any ? context_.list->modules() : context_.suspects) {
    const bool is_used = !any || !context_.list->expected(m).zip.empty();
    if (is_used && is_absent(m, ".zip") && all.size() < most_wanted) all.insert(m);
  }
  return all;
}

bool SourceTrouble::is_absent(const ModuleVersion& m, std::string_view extension) const {
  return context_.cache->stat(download_file(m, extension)).kind == Kind::absent;
}

bool SourceTrouble::is_down() const {
  const Family family = context_.root().family();
  return family == Family::network || family == Family::auth;
}

// Asking the same source again won't help: an unknown host, a certificate, a refusal.
bool SourceTrouble::is_hopeless() const {
  const Diagnosis& d = context_.root();
  constexpr auto retry = patterns::Remedy::retry;
  const bool may_retry = d.remedy == retry || std::ranges::find(d.may, retry) != d.may.end();
  if (policy::answer_by_status(d.line) == policy::Answer::outage) return false;
  return !may_retry || d.flags.has(patterns::RuleFlag::no_such_host);
}

// go stops at the first few that a source which is down does not give: all that the build list
// needs and the cache lacks, so that the command does not stop at the next few.
std::vector<Repairer::MissingModule> SourceTrouble::missing_modules() const {
  std::vector<Repairer::MissingModule> lost;
  std::set<ModuleVersion> all = context_.list->modules();
  all.insert(context_.named.begin(), context_.named.end());
  for (const ModuleVersion& m : all) {
    Expected expected = context_.list->expected(m);
    const bool is_named = context_.named.contains(m);
    const bool is_recorded = !expected.zip.empty() || !expected.go_mod.empty();
    const bool needs_zip = (!expected.zip.empty() || !is_recorded) && is_absent(m, ".zip") &&
                           context_.cache->stat(tree_dir(m)).kind == Kind::absent;
    const bool needs_go_mod = is_absent(m, ".mod");
    if (is_named ? needs_zip || needs_go_mod || is_absent(m, ".info")
                 : is_recorded && (needs_zip || needs_go_mod))
      lost.push_back({m, std::move(expected), needs_zip});
  }
  return lost;
}

std::vector<Repairer::MissingModule> SourceTrouble::fetchable_modules() const {
  std::vector<Repairer::MissingModule> lost = missing_modules();
  std::erase_if(lost,
                [&](const Repairer::MissingModule& one) { return !sources_.may_ask(one.module); });
  return lost;
}

void SourceTrouble::try_again() {
  const bool hopeless = is_hopeless();
  // A decision is final; and where a pipe stands behind who decides, go has gone on by itself.
  if (context_.root().family() == Family::auth ||
      policy::answer_by_status(context_.root().line) == policy::Answer::decision)
    return;
  if (request_.advise_only) return say_would_try(missing_modules(), hopeless);
  if (!hopeless && request_.asked_before == 0) std::this_thread::sleep_for(short_while());
  if (asks_versions(request_.verb) && may_leave_it_to_go(hopeless)) return;
  const std::vector<Repairer::MissingModule> lost = missing_modules();
  const std::map<ModuleVersion, RepairResult> fetched =
      fetch_missing_ones(hopeless ? failing_source() : "");
  for (const auto& [m, repaired] : fetched)
    report_.note_fetched(m, repaired, repairer_.quarantine_id());
  // It answers again, though with no module: go hears that itself. (What go guessed from a
  // package's path may be none.)
  const bool has_answered = (asks_versions(request_.verb) || has_asked_) && !may_come_later_;
  if (request_.waits_out && !hopeless && fetched.empty() && has_answered) return leave_it_to_go();
  for (const ModuleVersion& m : context_.named) {
    const bool was_lost = std::ranges::any_of(lost, [&](const auto& l) { return l.module == m; });
    if (was_lost && !fetched.contains(m)) failures_.findings.emplace(m, std::vector<std::string>{});
  }
  report_.outcome.outage.came = fetched.size();
  note_outage(may_come_later_);
  const bool is_here = lost.empty() && !context_.named.empty() && !asks_versions(request_.verb);
  if (!failures_.findings.empty() || (fetched.empty() && !is_here)) return;
  report_.note_repaired(acting::Evidence::absent);
  report_.say_of_source(report_.complaint() +
                        (fetched.empty() ? "" : " for " + counted(fetched.size())) + "; " +
                        words_of(RepairAction::retried));
}

// go's next attempt asks again itself: by all sources, or as it did where nothing is named that
// could be fetched ahead of it.
bool SourceTrouble::may_leave_it_to_go(bool hopeless) {
  if (!is_own_turn(hopeless) && may_ask_all_others(hopeless)) return true;
  if (!context_.named.empty() || hopeless) return false;
  leave_it_to_go();
  return true;
}

// A source that may come back is asked some times more before the others are, for all that the
// command wants.
bool SourceTrouble::is_own_turn(bool hopeless) const {
  return request_.waits_out && request_.asked_before < own_turns && !hopeless;
}

void SourceTrouble::leave_it_to_go() {
  note_outage(true);
  report_.note_repaired(acting::Evidence::absent);
  report_.say_of_source(report_.complaint());
}

void SourceTrouble::note_outage(bool may_come_later) {
  Outage& outage = report_.outcome.outage;
  outage.is_there = may_come_later;
  outage.complaint = report_.complaint();
  outage.is_on_network = !is_local(context_.root().host);
  outage.files = files_below(*context_.cache, "cache/download");
  outage.lacking = fetchable_modules().size();
  outage.all = std::max(context_.list->modules().size(), outage.lacking);
}

// Which others plain go would ask for shows when the go.mods have come that require them.
std::map<ModuleVersion, RepairResult> SourceTrouble::fetch_missing_ones(
    const std::string& hopeless) {
  std::map<ModuleVersion, RepairResult> fetched;
  std::set<ModuleVersion> tried;
  for (int round = 0; round < most_rounds; ++round) {
    std::vector<Repairer::MissingModule> lost = fetchable_modules();
    std::erase_if(lost,
                  [&](const Repairer::MissingModule& one) { return tried.contains(one.module); });
    for (const Repairer::MissingModule& one : lost) tried.insert(one.module);
    if (round == 0 && request_.waits_out && is_away(lost, hopeless, fetched)) break;
    std::erase_if(lost, [&](const auto& one) { return fetched.contains(one.module); });
    std::map<ModuleVersion, RepairResult> some;
    if (!lost.empty()) some = fetch(lost, hopeless);
    if (some.empty() && (round > 0 || fetched.empty())) break;
    fetched.merge(some);
    context_.list->reread();
  }
  return fetched;
}

std::map<ModuleVersion, RepairResult> SourceTrouble::fetch(
    const std::vector<Repairer::MissingModule>& lost, const std::string& hopeless) {
  has_asked_ = true;
  Repairer::FetchedAgain again = repairer_.fetch_again(lost, hopeless);
  may_come_later_ = may_come_later_ || (hopeless.empty() && !again.outage.empty());
  return std::move(again.came);
}

// One request for one module tells whether a source is there again: another one each time, for a
// source may lack just that one.
bool SourceTrouble::is_away(std::vector<Repairer::MissingModule> lost, const std::string& hopeless,
                            std::map<ModuleVersion, RepairResult>& fetched) {
  if (lost.empty()) return false;
  std::ranges::stable_partition(
      lost, [&](const auto& one) { return context_.named.contains(one.module); });
  const std::size_t turn = static_cast<std::size_t>(request_.asked_before);
  fetched = fetch({lost[turn % lost.size()]}, hopeless);
  return fetched.empty() && may_come_later_;
}

std::string SourceTrouble::failing_source() const {
  return sources_.entry_of(context_.root().host);
}

bool SourceTrouble::may_ask_all_others(bool hopeless) {
  if (hopeless && failing_source() != sources_.entry_of("")) return false;
  const std::string proxy =
      request_.may_set_env ? sources_.for_whole_command(hopeless) : std::string();
  if (proxy.empty()) return false;
  report_.note_repaired(acting::Evidence::absent);
  report_.outcome.retry_env = {"GOPROXY=" + proxy};
  report_.say_of_source(report_.complaint() +
                        "; using the remaining GOPROXY entries for this command");
  return true;
}

// go has downloaded what it could not have verified, and kept nothing of it.
bool SourceTrouble::is_about_sumdb() const {
  return context_.root().failure == FailureClass::sumdb_unavailable;
}

// Most proxies pass the database's answers on, and go asks the first that says so: it may be the
// one that fails.
void SourceTrouble::ask_database_again() {
  const std::string& host = context_.root().host;
  const bool from_first = host.empty() || source_name(host) == sources_.first_name();
  const bool hopeless = is_hopeless() || is_no_record(context_.root());
  if (request_.advise_only) return;
  if (may_ask_database_elsewhere()) return;
  if (!hopeless && request_.asked_before == 0) std::this_thread::sleep_for(short_while());
  if (!is_own_turn(hopeless) && from_first && may_ask_all_others(true)) return;
  if (!hopeless) leave_it_to_go();
}

bool SourceTrouble::may_ask_database_elsewhere() {
  const std::string other = request_.may_set_env ? sources_.other_sumdb() : std::string();
  if (other.empty() || is_no_record(context_.root())) return false;
  report_.note_repaired(acting::Evidence::absent);
  report_.outcome.retry_env = {"GOSUMDB=" + other};
  report_.say_of_source(report_.complaint() + "; using " + source_name(context_.config.sumdb) +
                        " for the checksum database, for this command");
  return true;
}

void SourceTrouble::say_would_try(const std::vector<Repairer::MissingModule>& lost, bool hopeless) {
  const bool can = std::ranges::any_of(lost, [&](const Repairer::MissingModule& one) {
    return repairer_.may_fetch_again(one.module, hopeless ? failing_source() : "");
  });
  if (!can) return;
  report_.say_of_source(report_.complaint() + "; would be retried (GOMEND=advise)");
  report_.outcome.kind = Outcome::Kind::advice;
}

// The cache is sound (or holds nothing of it): the source is at fault, or go.sum is.
void SourceTrouble::ask_other_sources(const ModuleVersion& m) {
  const bool is_checksum = context_.root().family() == Family::checksum;
  const bool gives_some = is_checksum || context_.root().family() == Family::cache;
  const std::string finding =
      sources_.first_name() + (is_checksum  ? " serves content with the wrong checksum"
                               : gives_some ? " serves corrupt content"
                                            : " could not provide it");
  Walk walk = sources_.walk(m);
  walk.answered(gives_some ? policy::Answer::wrong_bytes : policy::Answer::outage);
  const bool has_others = walk.next().has_value();
  if (has_others && request_.advise_only) {
    report_.say(m, finding, "other sources would be asked (GOMEND=advise)");
    report_.outcome.kind = Outcome::Kind::advice;
    return;
  }
  if (!has_others && !walk.why().empty()) failures_.whys[m] = walk.why();
  RepairResult repaired;
  // A body that was cut off may be whole the next time.
  const bool may_be_whole = gives_some && !is_checksum && !request_.advise_only;
  if (has_others || may_be_whole) {
    try {
      repaired = repairer_.fetch_missing(m, context_.list->expected(m));
    } catch (const std::exception& error) {
      repaired.failure = error.what();
    }
  }
  if (!repaired.changed) {
    failures_.note_reasons(m, repaired);
    failures_.findings.emplace(m, std::vector<std::string>{});
    return;
  }
  repaired.findings = {finding};
  report_.note_success(m, repaired, acting::Evidence::absent, repairer_.quarantine_id());
}

// The source that gives wrong bytes is a module cache, which can be looked at: what else of the
// build it would give wrong. One retry must be enough.
void SourceTrouble::check_shared_cache() {
  const std::string directory = sources_.shared_cache();
  if (directory.empty() || !exists(directory)) return;
  const Root shared(directory);
  const auto deadline = Clock::now() + shared_cache_budget;
  for (const Repairer::MissingModule& one : missing_modules()) {
    if (Clock::now() > deadline) return;
    if (!sources_.may_ask(one.module)) continue;
    const ModuleState state = inspect(shared, one.module, one.expected, Depth::everything);
    if (state.zip == Health::broken || state.go_mod == Health::broken)
      ask_other_sources(one.module);
  }
}

}  // namespace recovery

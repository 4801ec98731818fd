#include "recovery/recover.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <system_error>
#include <thread>

#include "patterns/diagnosis.hpp"
#include "patterns/matcher.hpp"
#include "recovery/advice.hpp"
#include "recovery/build_list.hpp"
#include "recovery/config.hpp"
#include "recovery/describe.hpp"
#include "recovery/journal.hpp"
#include "recovery/layout.hpp"
#include "recovery/lent_directory.hpp"
#include "recovery/meanwhile.hpp"
#include "recovery/mend.hpp"
#include "recovery/other_caches.hpp"
#include "recovery/plan.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"
#include "recovery/sumdb_state.hpp"
#include "recovery/suspects.hpp"
#include "recovery/user_rules.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using Clock = std::chrono::steady_clock;

constexpr auto no_hurry = std::chrono::hours(24);
constexpr auto rest_budget =
    std::chrono::seconds(5);  // for the contents of the modules that nobody named

constexpr std::size_t most_wanted = 16;  // modules that are fetched on a guess

// What the text and the settings say together: where to look, and how far we may go.
struct Scene {
  std::vector<Diagnosis> diagnoses;
  std::vector<Diagnosis> of_users;  // by rules of the user's own that have advice of their own
  Settings settings;
  Config config;
  std::unique_ptr<LentDirectory> lent;  // GOMODCACHE, if it is not there yet
  std::unique_ptr<Root> cache;          // none: what is broken is no module
  std::unique_ptr<BuildList> list;
  std::set<ModuleVersion> named;
  std::set<ModuleVersion> suspects;  // named, and hinted at
  Step step = Step::nothing;

  const Diagnosis& root() const { return diagnoses.front(); }
  bool is_suspect(const ModuleVersion& m) const { return suspects.contains(m); }
};

// The root cause says whether this is ours at all; then the strongest step of what else was said
// counts.
Step step_of(const std::vector<Diagnosis>& diagnoses) {
  Step step = Step::nothing;
  for (const Diagnosis& d : diagnoses) step = std::max(step, policy_of(d.class_id).step);
  const Step root = policy_of(diagnoses.front().class_id).step;
  return root == Step::nothing || root == Step::advise ? root : std::min(step, Step::other_source);
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
std::vector<Diagnosis> take_of_users(std::vector<Diagnosis>& all) {
  const auto first = std::stable_partition(all.begin(), all.end(),
                                           [](const Diagnosis& d) { return d.advice.empty(); });
  std::vector<Diagnosis> taken(std::make_move_iterator(first), std::make_move_iterator(all.end()));
  all.erase(first, all.end());
  return taken;
}

void look_around(const Request& request, bool reads_only, Scene& scene,
                 const std::set<ModuleVersion>& modules = {}) {
  scene.settings = read_settings(request);
  scene.config = read_config(request.env, directory_of(scene.settings.go_mod));
  const bool is_there = exists(scene.settings.mod_cache);
  if (!is_there && (reads_only || points_at_other_caches(scene.diagnoses, scene.settings))) return;
  if (!is_there) {
    scene.lent =
        std::make_unique<LentDirectory>(scene.settings.mod_cache, env_value(request.env, "HOME"));
  }
  scene.cache = std::make_unique<Root>(scene.settings.mod_cache);
  scene.named = named_modules(scene.diagnoses, request, scene.settings);
  std::set<ModuleVersion> roots = scene.named;
  roots.insert(modules.begin(), modules.end());
  scene.list = std::make_unique<BuildList>(scene.settings, *scene.cache, roots);
  for (const Diagnosis& d : scene.diagnoses) {
    if (is_refuted(d)) scene.list->refute(d.got);
  }
}

std::unique_ptr<Scene> set_scene(const Request& request, bool reads_only) {
  auto scene = std::make_unique<Scene>();
  // A look costs a running go its time: it makes do with our own rules.
  scene->diagnoses = reads_only ? patterns::diagnose(request.text) : diagnose_by_all(request);
  scene->of_users = take_of_users(scene->diagnoses);
  for (const Diagnosis& d : scene->diagnoses)
    trace("diagnosis: " + d.class_id + " (" + d.rule + "): " + d.line);
  scene->step = scene->diagnoses.empty() ? Step::nothing : step_of(scene->diagnoses);
  if (scene->step == Step::nothing) return scene->of_users.empty() ? nullptr : std::move(scene);
  look_around(request, reads_only, *scene);
  if (!scene->cache) return scene;
  if (!scene->settings.is_vendored) {
    scene->suspects = hinted_modules(scene->diagnoses, request, *scene->list);
  }
  scene->suspects.insert(scene->named.begin(), scene->named.end());
  scene->suspects.merge(modules_behind(scene->diagnoses, request, scene->settings, *scene->list));
  return scene;
}

std::vector<ModuleState> inspect_all(const Scene& scene, const std::vector<ModuleVersion>& modules,
                                     Depth depth, std::chrono::milliseconds budget) {
  std::vector<std::unique_ptr<ModuleState>> states(modules.size());
  std::atomic<std::size_t> next = 0;
  const auto deadline = Clock::now() + budget;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < modules.size();) {
      const Depth affordable = Clock::now() < deadline ? depth : Depth::facts;
      try {
        states[i] = std::make_unique<ModuleState>(
            inspect(*scene.cache, modules[i], scene.list->expected(modules[i]), affordable));
      } catch (const std::exception& error) {  // nothing is known about it then
        trace("inspect " + modules[i].str() + ": " + error.what());
      }
    }
  };
  const std::size_t helpers =
      std::min<std::size_t>({modules.size() / 4, std::thread::hardware_concurrency(), 8});
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(work);
    work();
  }
  std::vector<ModuleState> found;
  for (auto& state : states) {
    if (state) found.push_back(std::move(*state));
  }
  return found;
}

std::vector<ModuleState> causes_among(const Scene& scene, const Mender& mender,
                                      const std::vector<ModuleVersion>& modules, Depth depth,
                                      std::chrono::milliseconds budget) {
  std::vector<ModuleState> causes = inspect_all(scene, modules, depth, budget);
  std::erase_if(causes, [&](const ModuleState& state) {
    return !mender.has_cause(state, scene.is_suspect(state.module));
  });
  for (const ModuleState& cause : causes) {
    for (const std::string& phrase : describe(cause))
      trace("evidence: " + cause.module.str() + ": " + phrase);
  }
  return causes;
}

std::vector<ModuleState> causes_among_suspects(const Scene& scene, const Mender& mender) {
  // A guess from the user's own compile error must not cost him much; what go named outright may.
  const bool is_guess = scene.step == Step::look_close;
  return causes_among(scene, mender, {scene.suspects.begin(), scene.suspects.end()},
                      is_guess ? Depth::used : Depth::everything,
                      is_guess ? std::chrono::milliseconds(500) : std::chrono::milliseconds(30000));
}

// One retry must be enough: once one artefact is known to be rotten, the rest of the build list is
// looked at too.
std::vector<ModuleState> causes_in_rest(const Scene& scene, const Mender& mender) {
  std::vector<ModuleVersion> rest;
  for (const ModuleVersion& m : scene.list->modules()) {
    if (!scene.is_suspect(m)) rest.push_back(m);
  }
  auto causes = causes_among(scene, mender, rest, Depth::used, rest_budget);
  trace("looked at " + std::to_string(rest.size()) + " other modules");
  return causes;
}

// Who reads -json reads go's stderr as data, too. Damage that could not be mended is told all the
// same.
bool wants_silence(const Request& request) {
  const auto is_json = [](const std::string& argument) {
    return argument == "-json" || argument == "--json" || argument.starts_with("-json=");
  };
  return std::ranges::any_of(request.argv, is_json);
}

class Recovery {
  using Failures = std::map<ModuleVersion, std::vector<std::string>>;  // with what is wrong

 public:
  Recovery(const Request& request, const Scene& scene)
      : request_(request),
        scene_(scene),
        sources_(*scene.cache, scene.settings, request, scene.config),
        mender_(*scene.cache, scene.settings, request, sources_) {}

  // `is_damaged`: something else than a module was broken, and has been mended. `meanwhile` may be
  // called while go fetches.
  Outcome run(bool is_damaged, const std::function<void()>& meanwhile) {
    std::vector<ModuleState> causes = causes_among_suspects(scene_, mender_);
    met_damage_ = !causes.empty();
    is_damaged = is_damaged || !causes.empty() || was_mended_meanwhile();
    if (is_damaged) {
      mender_.while_it_fetches([&] {
        try {
          look_at_rest();
          meanwhile();
        } catch (const std::exception& error) {  // comes up again, in its turn
          trace(error.what());
        }
      });
      for (const ModuleState& cause : causes) mend(cause);
      mender_.while_it_fetches(nullptr);
      look_at_rest();
      for (const ModuleState& cause : rest_.value()) mend(cause);
    } else if (scene_.step == Step::other_source && is_about_sumdb()) {
      ask_database_again();
    } else if (scene_.step == Step::other_source && is_down()) {
      try_again();
    } else if (scene_.step == Step::other_source) {
      for (const ModuleVersion& m : wanted()) ask_other_sources(m);
      if (outcome_.kind == Outcome::Kind::mended) pass_by_shared_cache();
    }
    if (warn_of_refuted()) return std::move(outcome_);
    if (outcome_.kind != Outcome::Kind::mended || named_one_failed()) advise();
    return std::move(outcome_);
  }

  Outcome run_for(const std::vector<ModuleVersion>& modules) {
    for (const ModuleState& cause :
         causes_among(scene_, mender_, modules, Depth::everything, no_hurry)) {
      mend(cause);
    }
    for (const auto& [m, findings] : failed_) say(m, story(m, findings), "");
    return std::move(outcome_);
  }

  bool met_damage() const { return met_damage_; }  // of modules, by run()

  bool has_cause() { return !causes_among_suspects(scene_, mender_).empty(); }

 private:
  void look_at_rest() {
    if (!rest_) rest_ = causes_in_rest(scene_, mender_);
  }

  bool was_mended_meanwhile() {
    const auto other = recovery::mended_meanwhile(*scene_.cache, request_, scene_.diagnoses,
                                                  scene_.named, scene_.suspects);
    if (!other) return false;
    say(*other, "was mended meanwhile", "", true);
    outcome_.kind = Outcome::Kind::mended;
    return true;
  }

  void mend(const ModuleState& cause) {
    const ModuleVersion& m = cause.module;
    if (request_.advise_only) return say_only(cause);
    Mended mended;
    try {
      mended = mender_.mend(m, scene_.list->expected(m), scene_.is_suspect(m));
    } catch (const std::system_error& error) {
      mended.failure = error.what();
      obstacles_.emplace(m, cannot_write(error));
    } catch (const std::exception& error) {
      mended.failure = error.what();
    }
    trace("mend " + m.str() + ": " +
          (mended.failure.empty() ? mended.done : "failed: " + mended.failure));
    if (!mended.failure.empty()) return note_failure(m, cause, mended);
    if (!mended.changed) {  // someone else had it mended while we waited for the lock
      say(m, "was mended meanwhile", "", true);
      outcome_.kind = Outcome::Kind::mended;
      return;
    }
    note_success(m, mended);
  }

  // go.sum is the user's: we don't write there, and with that line in it go must not run again.
  bool warn_of_refuted() {
    for (const Diagnosis& d : scene_.diagnoses) {
      for (const std::string& go_sum : scene_.settings.sum_files) {
        const std::string words =
            refuted_hash_advice(d, go_sum, gosum_fix(request_, scene_.settings));
        if (words.empty()) continue;
        say_of_root(words);
        outcome_.kind = Outcome::Kind::advice;
        return true;
      }
    }
    return false;
  }

  void note_success(const ModuleVersion& m, const Mended& mended) {
    say(m, joined(mended.findings), mended.done, true);
    outcome_.kind = Outcome::Kind::mended;
    if (request_.started_ns > 0 && mended.newest_change_ns > request_.started_ns) {
      outcome_.damage_is_newer = true;
    }
    write_journal(request_.env,
                  {"", m.str(), scene_.root().class_id, mended.findings, mended.done, mended.source,
                   scene_.settings.mod_cache, mender_.quarantine_id(), mended.replaced});
  }

  // The full or read-only disk, or the link planted in our way, is what a person can mend: not the
  // sources.
  std::string cannot_write(const std::system_error& error) const {
    const bool is_full = error.code() == std::errc::no_space_on_device;
    return std::string("not mended: ") + error.what() +
           "; next: " + (is_full ? "df -h " : "ls -ld ") + scene_.settings.mod_cache;
  }

  // What go itself complained of: the retry will fail on it.
  bool named_one_failed() const {
    return !failed_.empty() && scene_.named.contains(worst_failure()->first);
  }

  // One that go named, if there is one.
  Failures::const_iterator worst_failure() const {
    const auto is_named = [&](const auto& failed) { return scene_.named.contains(failed.first); };
    const auto found = std::ranges::find_if(failed_, is_named);
    return found == failed_.end() ? failed_.begin() : found;
  }

  void note_failure(const ModuleVersion& m, const ModuleState& cause, const Mended& mended) {
    failed_.emplace(m, mended.findings.empty() ? describe(cause) : mended.findings);
  }

  void say_only(const ModuleState& cause) {
    const std::vector<std::string> findings = describe(cause);
    say(cause.module, findings.empty() ? "go's index of its packages is stale" : joined(findings),
        is_question() ? "next: gomend verify --repair" : "would be mended, but GOMEND=advise");
    outcome_.kind = Outcome::Kind::advice;
  }

  // `go mod verify` and `gomend verify` ask what is wrong; they are answered.
  bool is_question() const { return request_.verb == "mod verify" || request_.verb == "verify"; }

  // What go named. It does not always say whose zip was no zip: then also what the cache does not
  // hold of those that it may have meant.
  std::set<ModuleVersion> wanted() const {
    std::set<ModuleVersion> all = scene_.named;
    if (scene_.root().class_id != "cache/zip-corrupt") return all;
    const bool any = scene_.suspects.empty() && request_.verb == "mod download";
    for (const ModuleVersion& m : any ? scene_.list->modules() : scene_.suspects) {
      const bool is_used = !any || !scene_.list->expected(m).zip.empty();
      if (is_used && is_absent(m, ".zip") && all.size() < most_wanted) all.insert(m);
    }
    return all;
  }

  bool is_absent(const ModuleVersion& m, std::string_view extension) const {
    return scene_.cache->stat(download_file(m, extension)).kind == Kind::absent;
  }

  // --- a source that does not answer, or not with a module ---

  bool is_down() const {
    const std::string& class_id = scene_.root().class_id;
    return class_id.starts_with("network/") || class_id.starts_with("auth/");
  }

  // Asking the same source again won't help: an unknown host, a certificate, a refusal.
  bool is_hopeless() const {
    const Diagnosis& d = scene_.root();
    const bool may_retry = d.remedy == "retry" || std::ranges::find(d.may, "retry") != d.may.end();
    return !may_retry || d.line.find("no such host") != d.line.npos;
  }

  // go stops at the first few that a source which is down does not give: all that the build list
  // needs and the cache lacks, so that the command does not stop at the next few.
  std::vector<Mender::Lost> lost_modules() const {
    std::vector<Mender::Lost> lost;
    std::set<ModuleVersion> all = scene_.list->modules();
    all.insert(scene_.named.begin(), scene_.named.end());
    for (const ModuleVersion& m : all) {
      Expected expected = scene_.list->expected(m);
      const bool is_named = scene_.named.contains(m);
      const bool is_recorded = !expected.zip.empty() || !expected.go_mod.empty();
      const bool needs_zip = (!expected.zip.empty() || !is_recorded) && is_absent(m, ".zip") &&
                             scene_.cache->stat(tree_dir(m)).kind == Kind::absent;
      const bool needs_go_mod = is_absent(m, ".mod");
      if (is_named ? needs_zip || needs_go_mod || is_absent(m, ".info")
                   : is_recorded && (needs_zip || needs_go_mod))
        lost.push_back({m, std::move(expected), needs_zip});
    }
    return lost;
  }

  void try_again() {
    const bool hopeless = is_hopeless();
    // A proxy that refuses may be there to refuse: only one that is known to be public is passed
    // by.
    if (scene_.root().class_id.starts_with("auth/") && !sources_.is_first_public()) return;
    if (request_.advise_only) return say_would_try(lost_modules(), hopeless);
    if (!hopeless) std::this_thread::sleep_for(short_while());
    if (asks_versions(request_.verb)) {
      if (may_ask_all_others(hopeless)) return;
      if (scene_.named.empty() && !hopeless) {
        outcome_.kind = Outcome::Kind::mended;
        return say_of_source(complaint());
      }
    }
    const std::vector<Mender::Lost> lost = lost_modules();
    const std::map<ModuleVersion, Mended> fetched = mender_.fetch_again(lost, hopeless);
    for (const auto& [m, mended] : fetched) note_fetched(m, mended);
    for (const ModuleVersion& m : scene_.named) {
      const bool was_lost = std::ranges::any_of(lost, [&](const auto& l) { return l.module == m; });
      if (was_lost && !fetched.contains(m)) failed_.emplace(m, std::vector<std::string>{});
    }
    if (!failed_.empty() || fetched.empty()) return;
    outcome_.kind = Outcome::Kind::mended;
    say_of_source(complaint() + " for " + counted(fetched.size()) + "; had in a second try");
  }

  bool may_ask_all_others(bool hopeless) {
    const std::string proxy =
        request_.may_set_env ? sources_.for_whole_command(hopeless) : std::string();
    if (proxy.empty()) return false;
    outcome_.kind = Outcome::Kind::mended;
    outcome_.retry_env = {"GOPROXY=" + proxy};
    say_of_source(complaint() + "; the next sources of your list are asked for this once");
    return true;
  }

  // go has downloaded what it could not have verified, and kept nothing of it.
  bool is_about_sumdb() const { return scene_.root().class_id == "checksum/sumdb-unavailable"; }

  // Most proxies pass the database's answers on, and go asks the first that says so: it may be the
  // one that fails.
  void ask_database_again() {
    const std::string& host = scene_.root().host;
    const bool from_first = host.empty() || source_name(host) == sources_.first_name();
    const bool hopeless = is_hopeless() || is_no_record(scene_.root());
    if (request_.advise_only) return;
    if (may_ask_database_elsewhere()) return;
    if (!hopeless) std::this_thread::sleep_for(short_while());
    if (from_first && may_ask_all_others(true)) return;
    if (hopeless) return;
    outcome_.kind = Outcome::Kind::mended;
    say_of_source(complaint());
  }

  bool may_ask_database_elsewhere() {
    const std::string other = request_.may_set_env ? sources_.other_sumdb() : std::string();
    if (other.empty() || is_no_record(scene_.root())) return false;
    outcome_.kind = Outcome::Kind::mended;
    outcome_.retry_env = {"GOSUMDB=" + other};
    say_of_source(complaint() + "; the checksum database is asked at " +
                  source_name(scene_.config.sumdb) + " for this once");
    return true;
  }

  void say_would_try(const std::vector<Mender::Lost>& lost, bool hopeless) {
    const bool can = std::ranges::any_of(lost, [&](const Mender::Lost& one) {
      return !sources_.for_second_try(one.module, hopeless).empty();
    });
    if (!can) return;
    say_of_source(complaint() + "; would be tried again, but GOMEND=advise");
    outcome_.kind = Outcome::Kind::advice;
  }

  // Jittered: many builds that failed together should not come back together.
  static std::chrono::milliseconds short_while() {
    return std::chrono::milliseconds(200 + std::random_device()() % 300);
  }

  // These look for versions, or ask a repository: nothing can be fetched ahead of them.
  static bool asks_versions(const std::string& verb) {
    return verb == "get" || verb == "install" || verb == "run" || verb == "list" ||
           verb.starts_with("mod ");
  }

  // "proxy.example.com fails (502 Bad Gateway)".
  std::string complaint() const {
    const Diagnosis& d = scene_.root();
    const std::string reason = d.class_id == "network/http2"
                                   ? "HTTP/2 broke off"
                                   : d.line.substr(std::min(d.line.size(), d.line.rfind(": ") + 2));
    const bool is_short = reason.size() < 60 && is_plain(without_spaces(reason));
    const std::string host = d.host.starts_with("http") ? source_name(d.host) : "";
    return (is_plain(host) ? host : sources_.first_name()) + " fails" +
           (is_short ? " (" + reason + ")" : "");
  }

  static std::string without_spaces(std::string text) {
    std::erase(text, ' ');
    return text;
  }

  static std::string counted(std::size_t n) {
    return std::to_string(n) + (n == 1 ? " module" : " modules");
  }

  void say_of_source(const std::string& words) {
    outcome_.words.push_back(words);
    outcome_.annotations.push_back(words);
  }

  void note_fetched(const ModuleVersion& m, const Mended& mended) {
    write_journal(request_.env, {"",
                                 m.str(),
                                 scene_.root().class_id,
                                 {complaint()},
                                 "had in a second try",
                                 "",
                                 scene_.settings.mod_cache,
                                 mender_.quarantine_id(),
                                 mended.replaced});
  }

  // The cache is sound (or holds nothing of it): the source is at fault, or go.sum is.
  void ask_other_sources(const ModuleVersion& m) {
    const auto sources = sources_.for_module(m);
    const std::string& class_id = scene_.root().class_id;
    const bool gives_some = class_id.starts_with("checksum/") || class_id.starts_with("cache/");
    const std::string finding =
        sources_.first_name() + (gives_some ? " gives wrong bytes" : " does not give it");
    if (sources.size() > 1 && request_.advise_only) {
      say(m, finding, "other sources would be asked, but GOMEND=advise");
      outcome_.kind = Outcome::Kind::advice;
      return;
    }
    Mended mended;
    if (sources.size() > 1) {
      try {
        mended = mender_.fetch_missing(m, scene_.list->expected(m));
      } catch (const std::exception& error) {
        mended.failure = error.what();
      }
    }
    if (!mended.changed) {
      failed_.emplace(m, std::vector<std::string>{});
      return;
    }
    mended.findings = {finding};
    note_success(m, mended);
  }

  // The source that gives wrong bytes is a module cache, which can be looked at: what else of the
  // build it would give wrong. One retry must be enough.
  void pass_by_shared_cache() {
    const std::string directory = sources_.shared_cache();
    if (directory.empty() || !exists(directory)) return;
    const Root shared(directory);
    const auto deadline = Clock::now() + rest_budget;
    for (const Mender::Lost& one : lost_modules()) {
      if (Clock::now() > deadline) return;
      const ModuleState state = inspect(shared, one.module, one.expected, Depth::everything);
      if (state.zip == Health::broken || state.go_mod == Health::broken)
        ask_other_sources(one.module);
    }
  }

  void advise() {
    if (outcome_.kind == Outcome::Kind::advice) return;
    std::string words;
    if (!failed_.empty()) {
      const auto& [m, findings] = *worst_failure();
      words = story(m, findings);
      if (!words.empty()) say(m, words, "");
    }
    if (words.empty() && !wants_silence(request_)) {
      words = advice_on_root();
      if (!words.empty()) say_of_root(words);
    }
    if (!words.empty() && outcome_.kind != Outcome::Kind::mended)
      outcome_.kind = Outcome::Kind::advice;
  }

  // The command is the user's own, as he typed it: it does not travel.
  void say_of_root(const std::string& words) {
    outcome_.words.push_back(words);
    outcome_.annotations.push_back(may_travel(scene_.root())
                                       ? words.substr(0, words.find("; next: "))
                                       : "a private module: " + scene_.root().class_id);
  }

  bool may_travel(const Diagnosis& d) const {
    return !sources_.is_private(d.module) && !sources_.is_private(d.package);
  }

  std::string advice_on_root() const {
    return advice_on({request_, scene_.settings, scene_.diagnoses, *scene_.list, *scene_.cache});
  }

  // Why no source helps: go.sum is wrong, or the module was changed upstream; empty if nothing was
  // damaged.
  std::string story(const ModuleVersion& m, const std::vector<std::string>& findings) {
    if (const auto obstacle = obstacles_.find(m); obstacle != obstacles_.end())
      return joined(findings) + "; " + obstacle->second;
    const bool is_checksum = scene_.root().class_id.starts_with("checksum/");
    const Expected expected = scene_.list->expected(m);
    if (is_checksum && expected.by == Expected::By::go_sum && !request_.advise_only) {
      try {
        return checksum_story(m, expected, mender_.ask_sumdb(m),
                              gosum_fix(request_, scene_.settings));
      } catch (const std::exception& error) {
        trace("ask the checksum database: " + std::string(error.what()));
      }
    }
    if (findings.empty()) return {};
    return joined(findings) +
           "; no source that your settings trust gives the right bytes; next: go mod download " +
           m.str();
  }

  void say(const ModuleVersion& m, const std::string& what, const std::string& done,
           bool is_mended = false) {
    outcome_.items.push_back({m.str(), what, done, is_mended});
    const std::string rest = ": " + what + (done.empty() ? "" : "; " + done);
    outcome_.words.push_back(m.str() + rest);
    outcome_.annotations.push_back((sources_.is_private(m.path()) ? "a private module" : m.str()) +
                                   rest);
  }

  const Request& request_;
  const Scene& scene_;
  Sources sources_;
  Mender mender_;
  Failures failed_;
  bool met_damage_ = false;
  std::optional<std::vector<ModuleState>> rest_;
  std::map<ModuleVersion, std::string> obstacles_;  // why the cache can't be written to
  Outcome outcome_;
};

Place place_of(const Request& request, const Scene& scene) {
  return {scene.diagnoses, scene.settings, request, scene.cache.get(), scene.list.get()};
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
  first.damage_is_newer = first.damage_is_newer || second.damage_is_newer;
  return first;
}

Outcome recover_in(const Scene& scene, const Request& request) {
  if (is_fork(scene.diagnoses)) return fork_alarm();
  const Place place = place_of(request, scene);
  const Outcome others = mend_other_caches(place);
  if (!scene.cache) return others;
  const bool is_damaged = others.kind == Outcome::Kind::mended;
  Recovery recovery(request, scene);
  Glance glance(place);
  const Outcome modules = recovery.run(is_damaged, [&] {
    if (!is_damaged) glance.look();
  });
  const Outcome outcome = together(others, modules);
  // One retry must be enough: where modules were damaged, the build cache may be, too.
  const bool is_due = !is_damaged && recovery.met_damage() && modules.kind == Outcome::Kind::mended;
  return is_due ? together(outcome, glance.mend()) : outcome;
}

void advise_as_users_do(const std::vector<Diagnosis>& of_users, Outcome& outcome) {
  for (const Diagnosis& d : of_users) {
    const std::string words = advice_for({d.class_id, Step::advise, d.advice}, d);
    if (words.empty()) continue;
    outcome.kind = Outcome::Kind::advice;
    outcome.class_id = d.class_id;
    outcome.words = {words};
    return;  // one line; and it does not travel
  }
}

int trace_fd = -1;
const Clock::time_point trace_start = Clock::now();

}  // namespace

bool look(const Request& request) {
  const auto scene = set_scene(request, true);
  if (!scene || scene->step == Step::advise || scene->step == Step::nothing) return false;
  if (has_cause_in_other_caches(place_of(request, *scene))) return true;
  return scene->cache && Recovery(request, *scene).has_cause();
}

Outcome recover(const Request& request) {
  const auto scene = set_scene(request, false);
  if (!scene) return {};
  Outcome outcome;
  if (scene->step != Step::nothing) outcome = recover_in(*scene, request);
  if (!scene->diagnoses.empty()) outcome.class_id = scene->root().class_id;
  if (outcome.kind == Outcome::Kind::nothing && !wants_silence(request))
    advise_as_users_do(scene->of_users, outcome);
  return outcome;
}

Outcome examine(const Request& request, const std::set<ModuleVersion>& modules) {
  Scene scene;
  scene.diagnoses.emplace_back();
  scene.step = Step::mend;
  look_around(request, false, scene, modules);
  return Recovery(request, scene).run_for({modules.begin(), modules.end()});
}

void set_trace(int fd) {
  trace_fd = fd;
}

void trace(const std::string& step) {
  if (trace_fd < 0) return;
  const std::chrono::duration<double, std::milli> passed = Clock::now() - trace_start;
  char text[1200];
  const int size = std::snprintf(text, sizeof text, "gomend: trace: %8.1f ms  %.1000s\n",
                                 passed.count(), step.c_str());
  const auto used = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof text - 1);
  if (::write(trace_fd, text, used) < 0) trace_fd = -1;
}

}  // namespace recovery

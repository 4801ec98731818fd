#include "recovery/repair/repairer.hpp"

#include <algorithm>
#include <list>
#include <thread>

#include "recovery/evidence/evidence.hpp"
#include "recovery/evidence/tree.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/module_index.hpp"

namespace recovery {

using namespace std::chrono_literals;

constexpr int most_rounds = 4;   // for what a source that fails now and then has not given
constexpr int most_in_vain = 2;  // of these, one after the other
constexpr std::size_t largest_batch = 20;
constexpr std::chrono::milliseconds shortest_pause = 1s;
constexpr std::chrono::milliseconds longest_pause = 8s;

bool Repairer::has_cause(const ModuleState& state, bool index_is_suspect) const {
  if (state.broken() || state.unreadable()) return true;
  if (!shop_.build_cache) return false;
  const std::string tree = shop_.cache.absolute(tree_dir(state.module));
  const std::string entry = index_entry(shop_.settings.go_version, tree);
  if (shop_.build_cache->stat(entry).kind == Kind::absent) return false;
  if (state.tree == Health::absent) return false;
  const IndexFit fit =
      check_index(*shop_.build_cache, entry, tree_files(shop_.cache, state.module));
  return is_cause(fit, index_is_suspect);
}

Repairer::FetchedAgain Repairer::fetch_again(const std::vector<MissingModule>& lost,
                                             const std::string& hopeless) {
  FetchedAgain fetched;
  std::list<Open> all;
  for (const MissingModule& one : lost) {
    all.push_back({{one.module, one.expected, one.whole}, shop_.sources.walk(one.module)});
    if (!hopeless.empty()) all.back().walk.presume(hopeless, policy::Answer::outage);
  }
  while (true) {
    std::map<std::string, std::vector<Open*>> by_proxy;
    for (Open& one : all) {
      const auto source = one.walk.next();
      if (!source) continue;
      const ModuleVersion& m = one.wanted.module;
      // Where nobody vouches for its bytes, only what plain go would ask may give them.
      if (!source->as_plain_go && !is_vouched_for(shop_.settings, m, one.wanted.lines)) continue;
      one.as_plain_go = source->as_plain_go;
      by_proxy[source->proxy].push_back(&one);
    }
    if (by_proxy.empty()) return fetched;
    for (auto& [proxy, wanted] : by_proxy) {
      fetch_in_rounds(wanted, proxy, hopeless.empty() ? most_rounds : 1, fetched);
      for (Open* one : wanted) one->walk.answered(one->answer);
    }
  }
}

bool Repairer::may_fetch_again(const ModuleVersion& m, const std::string& hopeless) const {
  Walk walk = shop_.sources.walk(m);
  if (!hopeless.empty()) walk.presume(hopeless, policy::Answer::outage);
  return walk.next().has_value();
}

// A source that gives some is asked again for the rest: of hundreds of requests a few fail each
// time where one in a hundred does. At the end one module is left, and that one may fail once more.
void Repairer::fetch_in_rounds(std::vector<Open*> wanted, const std::string& proxy, int rounds,
                               FetchedAgain& fetched) {
  const std::size_t all = wanted.size();
  for (int in_vain = 0; rounds > 0 && !wanted.empty() && in_vain < most_in_vain; --rounds) {
    const std::size_t before = wanted.size();
    fetch_once(wanted, proxy, fetched);
    std::erase_if(wanted, [](const Open* one) { return one->answer != policy::Answer::outage; });
    if (wanted.size() == all) return;  // it gives none at all
    in_vain = wanted.size() < before ? 0 : in_vain + 1;
  }
}

// A source that refuses many at once (429, 503) is asked for 20 modules at a time, half as many
// after each refusal, with waits that grow.
void Repairer::fetch_once(const std::vector<Open*>& wanted, const std::string& proxy,
                          FetchedAgain& fetched) {
  int in_vain = 0;
  for (Open* one : wanted) one->answer = policy::Answer::outage;
  for (std::size_t begin = 0; begin < wanted.size() && in_vain < most_in_vain;) {
    if (begin > 0) std::this_thread::sleep_for(pause_);
    const std::size_t end = begin + std::min(batch_, wanted.size() - begin);
    std::vector<Stage::Wanted> asked;
    for (std::size_t i = begin; i < end; ++i) asked.push_back(wanted[i]->wanted);
    const auto errors = shop_.stage().fetch_all(asked, proxy);
    const std::size_t before = fetched.came.size();
    bool is_refused = false;
    for (; begin < end; ++begin) {
      const auto found = errors.find(wanted[begin]->wanted.module);
      const std::string error = found == errors.end() ? "" : found->second;
      is_refused = is_refused || policy::asks_for_less(error);
      wanted[begin]->answer = take(*wanted[begin], error, fetched);
    }
    if (!is_refused) continue;
    in_vain = fetched.came.size() > before ? 0 : in_vain + 1;
    batch_ = batch_ > largest_batch ? largest_batch : std::max<std::size_t>(1, batch_ / 2);
    pause_ = pause_ == 0s ? shortest_pause : std::min(2 * pause_, longest_pause);
  }
}

policy::Answer Repairer::take(const Open& one, const std::string& error, FetchedAgain& fetched) {
  const auto& [m, lines, whole] = one.wanted;
  const std::string file = shop_.stage().file(m, whole ? ".zip" : ".mod");
  if (shop_.cache.stat(file).kind != Kind::regular) {
    if (policy::may_pass(error)) fetched.outage = error;
    return policy::answer_in(error);
  }
  RepairResult repaired = take_fetched(shop_, m, lines, whole, one.as_plain_go);
  if (!repaired.changed) return policy::Answer::wrong_bytes;
  fetched.came.emplace(m, std::move(repaired));
  return policy::Answer::gave;
}

SumdbAnswer Repairer::ask_sumdb(const ModuleVersion& m) {
  SumdbAnswer answer;
  if (!go_asks_sumdb(shop_.settings, m)) return answer;
  answer.is_asked = true;
  Stage& stage = shop_.stage();
  const Stage::Fetched fetched = stage.fetch(m, Expected(), "");
  answer.is_served = fetched.ok;
  // go verifies the record before it compares: it is there though what the source serves is not.
  const Expected said = stage.answer(m);
  const bool has_go_mod = shop_.cache.stat(stage.file(m, ".mod")).kind == Kind::regular;
  if (fetched.ok) {
    answer.verified = said.zip;
    answer.verified.insert(said.go_mod.begin(), said.go_mod.end());
  } else if (fetched.error.find("checksum mismatch") != fetched.error.npos) {
    answer.verified = has_go_mod ? said.zip : said.go_mod;
  }
  return answer;
}

}  // namespace recovery

#include "recovery/mend.hpp"

#include "recovery/h1.hpp"
#include "recovery/layout.hpp"
#include "recovery/module_index.hpp"

namespace recovery {

constexpr std::size_t most_turns = 2;  // lists of sources for one module: its own, the fallbacks
constexpr int most_rounds = 4;         // for what a source that fails now and then has not given
constexpr int most_in_vain = 2;        // of these, one after the other

bool Mender::has_cause(const ModuleState& state, bool index_is_suspect) const {
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

std::map<ModuleVersion, Mended> Mender::fetch_again(std::vector<Lost> lost,
                                                    bool first_is_hopeless) {
  std::map<ModuleVersion, Mended> fetched;
  for (std::size_t turn = 0; turn < most_turns; ++turn) {
    std::map<std::string, std::vector<Stage::Wanted>> by_proxy;
    for (const Lost& one : lost) {
      if (fetched.contains(one.module)) continue;
      auto tries = shop_.sources.for_second_try(one.module, first_is_hopeless);
      if (!is_vouched_for(shop_.settings, one.module, one.expected))
        std::erase_if(tries, [](const std::string& proxy) { return !proxy.empty(); });
      if (turn < tries.size())
        by_proxy[tries[turn]].push_back({one.module, one.expected, one.whole});
    }
    for (auto& [proxy, wanted] : by_proxy)
      fetch_in_rounds(std::move(wanted), proxy, first_is_hopeless ? 1 : most_rounds, fetched);
  }
  return fetched;
}

// A source that gives some is asked again for the rest: of hundreds of requests a few fail each
// time where one in a hundred does. At the end one module is left, and that one may fail once more.
void Mender::fetch_in_rounds(std::vector<Stage::Wanted> wanted, const std::string& proxy,
                             int rounds, std::map<ModuleVersion, Mended>& fetched) {
  const std::size_t all = wanted.size();
  for (int in_vain = 0; rounds > 0 && !wanted.empty() && in_vain < most_in_vain; --rounds) {
    const std::size_t before = wanted.size();
    shop_.stage().fetch_all(wanted, proxy);
    std::erase_if(wanted, [&](const Stage::Wanted& one) {
      take(one, proxy.empty(), fetched);
      return fetched.contains(one.module);
    });
    if (wanted.size() == all) return;  // it gives none at all
    in_vain = wanted.size() < before ? 0 : in_vain + 1;
  }
}

void Mender::take(const Stage::Wanted& one, bool from_own,
                  std::map<ModuleVersion, Mended>& fetched) {
  const std::string file = shop_.stage().file(one.module, one.whole ? ".zip" : ".mod");
  if (shop_.cache.stat(file).kind != Kind::regular) return;
  Mended mended = take_fetched(shop_, one.module, one.lines, one.whole, from_own);
  if (mended.changed) fetched.emplace(one.module, std::move(mended));
}

Mender::Testimony Mender::ask_sumdb(const ModuleVersion& m) {
  Testimony testimony;
  if (shop_.settings.sumdb == "off" || match_prefix_patterns(shop_.settings.no_sumdb, m.path()))
    return testimony;
  testimony.is_asked = true;
  const Stage::Fetched fetched = shop_.stage().fetch(m, Expected(), "");
  if (fetched.ok) {
    testimony.is_served = true;
    if (const auto ziphash = shop_.cache.read(shop_.stage().file(m, ".ziphash"), 100))
      testimony.vouched.insert(*ziphash);
    if (const auto go_mod = shop_.cache.read(shop_.stage().file(m, ".mod"), 16 << 20))
      testimony.vouched.insert(hash_go_mod(*go_mod));
    return testimony;
  }
  // verifying M@V/go.mod: checksum mismatch / downloaded: h1:… / <database>: h1:…
  const std::size_t downloaded = fetched.error.find("downloaded:");
  const std::size_t first = fetched.error.find("h1:", downloaded);
  const std::size_t second =
      first == fetched.error.npos ? first : fetched.error.find("h1:", first + 3);
  const bool is_mismatch = fetched.error.find("verifying ") != fetched.error.npos;
  if (!is_mismatch || downloaded == fetched.error.npos || second == fetched.error.npos)
    return testimony;
  const std::string hash = fetched.error.substr(second, 47);
  if (is_h1(hash)) testimony.vouched.insert(hash);
  return testimony;
}

}  // namespace recovery

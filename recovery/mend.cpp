#include "recovery/mend.hpp"

#include "recovery/layout.hpp"
#include "recovery/module_index.hpp"

namespace recovery {

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

Mender::Testimony Mender::ask_sumdb(const ModuleVersion& m) {
  Testimony testimony;
  if (shop_.settings.sumdb == "off" || match_prefix_patterns(shop_.settings.no_sumdb, m.path()))
    return testimony;
  const Stage::Fetched fetched = shop_.stage().fetch(m, Expected(), "");
  if (fetched.ok) {
    if (const auto ziphash = shop_.cache.read(shop_.stage().file(m, ".ziphash"), 100)) {
      testimony.sumdb = testimony.downloaded = *ziphash;
    }
    return testimony;
  }
  // verifying module: checksum mismatch / downloaded: h1:… / <database>: h1:…
  const auto hash_behind = [&](std::size_t at) {
    const std::size_t h1 = fetched.error.find("h1:", at);
    const std::string hash = h1 == fetched.error.npos ? "" : fetched.error.substr(h1, 47);
    return is_h1(hash) ? hash : std::string();
  };
  const std::size_t downloaded = fetched.error.find("downloaded:");
  if (fetched.error.find("verifying module") == fetched.error.npos ||
      downloaded == fetched.error.npos) {
    return testimony;
  }
  testimony.downloaded = hash_behind(downloaded);
  testimony.sumdb = hash_behind(fetched.error.find("h1:", downloaded) + 47);
  return testimony;
}

}  // namespace recovery

#include "recovery/workshop.hpp"

#include <system_error>

namespace recovery {

Workshop::Workshop(const Root& the_cache, const Settings& the_settings, const Request& request,
                   const Sources& the_sources)
    : cache(the_cache), settings(the_settings), sources(the_sources), request_(request) {
  try {
    if (settings.build_cache.starts_with("/")) build_cache.emplace(settings.build_cache);
  } catch (const std::system_error&) {  // no build cache, no index
  }
}

Stage& Workshop::stage() {
  if (!stage_)
    stage_ = std::make_unique<Stage>(cache, settings, request_, std::exchange(meanwhile_, {}));
  return *stage_;
}

Quarantine& Workshop::quarantine() {
  if (!quarantine_) {
    Stage::remove_stale(cache);
    quarantine_ = std::make_unique<Quarantine>(cache, settings.keep);
  }
  return *quarantine_;
}

bool Workshop::drop_index(const std::string& entry) {
  if (const auto bytes = build_cache->read(entry, 4096)) {
    quarantine().keep_bytes("gocache/" + entry, *bytes);
    build_cache->remove(entry);
    return true;
  }
  if (build_cache->stat(entry).kind != Kind::directory) return false;
  build_cache->remove_tree(entry);  // go can have put nothing there
  return true;
}

}  // namespace recovery

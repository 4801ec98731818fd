#include "recovery/repair/repair_context.hpp"

#include <system_error>

#include "recovery/evidence/evidence.hpp"
#include "recovery/evidence/sumdb_proof.hpp"
#include "recovery/repair/sumdb_state.hpp"

namespace recovery {

RepairContext::RepairContext(const Root& the_cache, const Settings& the_settings,
                             const Request& request, const Sources& the_sources)
    : cache(the_cache), settings(the_settings), sources(the_sources), request_(request) {
  try {
    if (settings.build_cache.starts_with("/")) build_cache.emplace(settings.build_cache);
  } catch (const std::system_error&) {  // no build cache, no index
  }
}

Expected RepairContext::known_answer(const ModuleVersion& m) const {
  return go_asks_sumdb(settings, m) ? proven_record(cache, settings, m) : Expected();
}

Expected RepairContext::ask_database(const ModuleVersion& m) {
  if (!go_asks_sumdb(settings, m)) return {};
  if (Expected known = known_answer(m); known.by != Expected::By::nothing) return known;
  Walk walk = sources.walk(m);
  while (const auto source = walk.next()) {
    stage().ask_sumdb({m}, sumdb_name(settings), source->proxy);
    Expected said = stage().answer(m);
    if (said.by != Expected::By::nothing) return said;
    const auto error = stage().errors().find(m);
    walk.answered(error == stage().errors().end() ? policy::Answer::wrong_bytes
                                                  : policy::answer_in(error->second));
  }
  return {};
}

Stage& RepairContext::stage() {
  if (!stage_) stage_ = std::make_unique<Stage>(cache, settings, request_);
  return *stage_;
}

Quarantine& RepairContext::quarantine() {
  if (!quarantine_) {
    Stage::remove_stale(cache);
    quarantine_ = std::make_unique<Quarantine>(cache, settings.keep);
  }
  return *quarantine_;
}

bool RepairContext::drop_index(const std::string& entry) {
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

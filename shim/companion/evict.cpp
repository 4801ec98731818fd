#include "shim/companion/evict.hpp"

#include <unistd.h>

#include "recovery/evidence/catalogue.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/state/journal.hpp"
#include "recovery/upkeep/evict.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Evicted;
using recovery::Json;
using recovery::ModuleVersion;

std::vector<ModuleVersion> named(const recovery::Root& cache, const std::string& word) {
  const std::size_t at = word.find('@');
  if (at == word.npos) {
    if (!recovery::is_module_path(word)) throw UsageError("'" + word + "' is not a module path");
    return recovery::versions_in(cache, word);
  }
  const auto m = ModuleVersion::parse(word);
  if (!m) throw UsageError("'" + word + "' is not MODULE@VERSION, as in example.com/a@v1.2.3");
  for (const ModuleVersion& cached : recovery::versions_in(cache, m->path())) {
    if (cached == *m) return {*m};
  }
  return {};
}

std::string line_of(const Evicted& e) {
  if (!e.failure.empty()) return e.module + ": not changed: " + e.failure;
  const std::string kept = e.quarantine.empty() ? "" : "; undo: gomend restore " + e.quarantine;
  if (e.after.empty()) return e.module + ": evicted" + kept;
  if (e.after == e.before) return e.module + ": downloaded again; content unchanged";
  std::string text = e.module + ": downloaded again; content changed (before: " + e.before +
                     ", now: " + e.after + ")" + kept;
  if (e.differs_from_go_sum)
    text += "\n" + e.module +
            ": go.sum has the old checksum; if the new content is intended, remove its lines "
            "from go.sum, then run: go mod download " +
            e.module;
  return text;
}

Json json_of(const Evicted& e) {
  return {{"module", e.module},         {"ok", e.failure.empty()},
          {"failure", e.failure},       {"replaced", e.replaced},
          {"quarantine", e.quarantine}, {"before", e.before},
          {"after", e.after},           {"differs_from_go_sum", e.differs_from_go_sum}};
}

std::string lines(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return printable(text) + "\n";
  return printable(text.substr(0, end)) + "\n" + lines(text.substr(end + 1));
}

}  // namespace

static int evict(const Call& call) {
  const ParsedArguments& given = call.given;
  if (given.positionals.empty())
    throw UsageError("missing argument: a module, as in example.com/a@v1.2.3");
  const recovery::Request request = request_here("evict");
  const recovery::Settings settings = recovery::read_settings(request);
  const recovery::Root cache(settings.mod_cache);
  const recovery::Config config =
      recovery::read_config(request.env, recovery::directory_of(settings.go_mod));
  const recovery::BuildList list(settings, cache, {});
  recovery::Sources sources(settings, request, config, &list);
  Json all = Json::array();
  std::string text;
  bool is_done = true;
  for (const std::string& word : given.positionals) {
    const auto versions = named(cache, word);
    if (versions.empty()) {
      is_done = false;
      Evicted none;
      none.module = word;
      none.failure = "not in the module cache";
      all.push_back(json_of(none));
      text += line_of(none) + "\n";
    }
    for (const ModuleVersion& m : versions) {
      sources.note_typed({m});
      recovery::RepairContext shop(cache, settings, request, sources);
      const auto refetch = given.has("refetch") ? recovery::Refetch::yes : recovery::Refetch::no;
      const Evicted e = recovery::evict(shop, m, list, refetch);
      is_done = is_done && e.failure.empty();
      const auto action = e.after.empty() ? recovery::RepairAction::quarantined
                                          : recovery::RepairAction::downloaded;
      if (e.failure.empty())
        recovery::write_journal(request.env, {.time = "",
                                              .module = m.str(),
                                              .class_id = "asked/evict",
                                              .findings = {"evicted on request"},
                                              .done = recovery::words_of(action),
                                              .source = "",
                                              .cache = settings.mod_cache,
                                              .quarantine = e.quarantine,
                                              .replaced = e.replaced,
                                              .action = action});
      all.push_back(json_of(e));
      text += line_of(e) + "\n";
    }
  }
  if (given.has("json"))
    write_out(Json{{"evicted", all}}.pretty());
  else if (!text.empty())
    write_out(lines(text.substr(0, text.size() - 1)));
  return is_done ? 0 : 1;
}

const CommandRow& evict_row() {
  static const CommandRow row{
      .name = "evict",
      .summary = "move a module out of the module cache, or download it again",
      .arguments = "MODULE[@VERSION]…",
      .about =
          "All that is cached of it is moved to quarantine (gomend restore brings it back): its "
          "files, its extracted directory, its package index, and the clone that it came from, so "
          "that a moved tag is looked up again. Without a version: all cached versions. go.sum is "
          "never changed.",
      .options = {{"refetch", "",
                   "download it first, then replace it; nothing changes if the download fails"},
                  json_option},
      .examples = {{"gomend evict --refetch git.corp.example/lib@v1.2.0",
                    "a private tag that was moved"}},
      .status = "0 done, 1 it was not cached or could not be downloaded, 2 wrong usage",
      .json = {{"evicted",
                "list of objects: module, ok, failure, replaced (paths below GOMODCACHE), "
                "quarantine (for gomend restore), before and after (h1 of the zip), "
                "differs_from_go_sum"}},
      .run = evict,
      .most_positionals = 1000};
  return row;
}

}  // namespace shim

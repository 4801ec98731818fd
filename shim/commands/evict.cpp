#include "shim/commands/evict.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "recovery/catalogue.hpp"
#include "recovery/evict.hpp"
#include "recovery/journal.hpp"
#include "recovery/project_files.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Evicted;
using recovery::ModuleVersion;

std::vector<ModuleVersion> named(const recovery::Root& cache, const std::string& word) {
  const std::size_t at = word.find('@');
  if (at == word.npos) {
    if (!recovery::is_module_path(word)) throw Misuse("'" + word + "' is no module path");
    return recovery::versions_in(cache, word);
  }
  const auto m = ModuleVersion::parse(word);
  if (!m) throw Misuse("'" + word + "' is no module and version, as in example.com/a@v1.2.3");
  for (const ModuleVersion& cached : recovery::versions_in(cache, m->path())) {
    if (cached == *m) return {*m};
  }
  return {};
}

std::string line_of(const Evicted& e) {
  if (!e.failure.empty()) return e.module + ": left as it is: " + e.failure;
  const std::string kept =
      e.quarantine.empty() ? "" : "; next: gomend restore " + e.quarantine + " brings it back";
  if (e.after.empty()) return e.module + ": evicted" + kept;
  if (e.after == e.before) return e.module + ": fetched again; the same bytes as before";
  std::string text = e.module + ": fetched again; other bytes than before (" + e.before + " was, " +
                     e.after + " is)" + kept;
  if (e.differs_from_go_sum)
    text += "\n" + e.module +
            ": go.sum still records the old bytes; if the new ones are meant, take "
            "its lines out of go.sum, then next: go mod download " +
            e.module;
  return text;
}

nlohmann::ordered_json json_of(const Evicted& e) {
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

int evict(const Arguments& arguments) {
  const Chosen chosen = parse("evict", arguments, 1000);
  if (chosen.words.empty()) throw Misuse("evict wants a module, as in example.com/a@v1.2.3");
  const recovery::Request request = request_here("evict");
  const recovery::Settings settings = recovery::read_settings(request);
  const recovery::Root cache(settings.mod_cache);
  const recovery::Config config =
      recovery::read_config(request.env, recovery::directory_of(settings.go_mod));
  const recovery::Sources sources(cache, settings, request, config);
  const recovery::BuildList list(settings, cache, {});
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  std::string text;
  bool is_done = true;
  for (const std::string& word : chosen.words) {
    const auto versions = named(cache, word);
    if (versions.empty()) {
      is_done = false;
      Evicted none;
      none.module = word;
      none.failure = "nothing of it is in the module cache";
      all.push_back(json_of(none));
      text += line_of(none) + "\n";
    }
    for (const ModuleVersion& m : versions) {
      recovery::Workshop shop(cache, settings, request, sources);
      const auto refetch = chosen.has("refetch") ? recovery::Refetch::yes : recovery::Refetch::no;
      const Evicted e = recovery::evict(shop, m, list, refetch);
      is_done = is_done && e.failure.empty();
      if (e.failure.empty())
        recovery::write_journal(request.env,
                                {"",
                                 m.str(),
                                 "asked/evict",
                                 {"evicted on request"},
                                 e.after.empty() ? "moved to quarantine" : "fetched again",
                                 "",
                                 settings.mod_cache,
                                 e.quarantine,
                                 e.replaced});
      all.push_back(json_of(e));
      text += line_of(e) + "\n";
    }
  }
  if (chosen.has("json"))
    write_all(STDOUT_FILENO, nlohmann::ordered_json{{"evicted", all}}.dump(
                                 2, ' ', false, nlohmann::json::error_handler_t::replace) +
                                 "\n");
  else if (!text.empty())
    write_all(STDOUT_FILENO, lines(text.substr(0, text.size() - 1)));
  return is_done ? 0 : 1;
}

}  // namespace shim

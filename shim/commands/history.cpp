#include "shim/commands/history.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "recovery/config.hpp"
#include "recovery/describe.hpp"
#include "recovery/settings.hpp"
#include "recovery/sources.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/paint.hpp"
#include "shim/commands/past.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::JournalEntry;

std::string line_of(const JournalEntry& entry, const Paint& paint) {
  std::string text = entry.module + ": ";
  text += recovery::joined(entry.findings) + "; " + entry.done;
  if (!entry.replaced.empty() && !entry.quarantine.empty())
    text += "  (kept as " + entry.quarantine + ")";
  return paint.faint(printable(entry.time)) + "  " + printable(text) + "\n";
}

// A private module's name, and what was found in it, stay here; where go can't be asked any more,
// every module counts as one.
class Public {
 public:
  Public() {
    try {
      request_ = request_here("history");
      settings_ = recovery::read_settings(*request_);
      cache_.emplace(settings_.mod_cache);
      config_ = recovery::read_config(request_->env, "");
      sources_.emplace(*cache_, settings_, *request_, config_);
    } catch (const std::exception&) {
      sources_.reset();
    }
  }
  bool has(const std::string& module) const {
    const auto m = recovery::ModuleVersion::parse(module);
    return sources_ && m && !sources_->is_private(m->path());
  }

 private:
  std::optional<recovery::Request> request_;
  recovery::Settings settings_;
  std::optional<recovery::Root> cache_;
  recovery::Config config_;
  std::optional<recovery::Sources> sources_;
};

std::string annotations_of(const std::vector<JournalEntry>& entries) {
  std::string text;
  const Public names;
  for (const JournalEntry& entry : entries) {
    const std::string words = names.has(entry.module)
                                  ? entry.module + ": " + recovery::joined(entry.findings)
                                  : entry.class_id + " (a private name is left out)";
    text += annotation("warning", printable(words + "; mended")) + "\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const JournalEntry& entry) {
  return {{"time", entry.time},         {"module", entry.module}, {"class", entry.class_id},
          {"findings", entry.findings}, {"done", entry.done},     {"source", entry.source},
          {"cache", entry.cache},       {"id", entry.quarantine}, {"replaced", entry.replaced}};
}

}  // namespace

int history(const Arguments& arguments) {
  const Chosen chosen = parse("history", arguments, 0);
  const Past past = read_past(chosen.value("since"));
  if (chosen.has("json")) {
    nlohmann::ordered_json all{{"repairs", nlohmann::ordered_json::array()}};
    for (const JournalEntry& entry : past.entries) all["repairs"].push_back(json_of(entry));
    write_all(STDOUT_FILENO,
              all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else if (chosen.has("github")) {
    if (!past.entries.empty()) write_all(STDOUT_FILENO, annotations_of(past.entries));
  } else {
    const Paint paint(STDOUT_FILENO);
    for (const JournalEntry& entry : past.entries) write_all(STDOUT_FILENO, line_of(entry, paint));
  }
  return end_of(past, "history");
}

}  // namespace shim

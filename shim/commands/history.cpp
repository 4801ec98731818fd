#include "shim/commands/history.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

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
  for (std::size_t i = 0; i < entry.findings.size(); ++i)
    text += (i == 0 ? "" : " and ") + entry.findings[i];
  text += "; " + entry.done;
  if (!entry.replaced.empty() && !entry.quarantine.empty())
    text += "  (kept as " + entry.quarantine + ")";
  return paint.faint(printable(entry.time)) + "  " + printable(text) + "\n";
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
  } else {
    const Paint paint(STDOUT_FILENO);
    for (const JournalEntry& entry : past.entries) write_all(STDOUT_FILENO, line_of(entry, paint));
  }
  return end_of(past, "history");
}

}  // namespace shim

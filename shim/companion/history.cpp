#include "shim/companion/history.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "recovery/os/json.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/journal_view.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::JournalEntry;
using recovery::Json;

std::string line_of(const JournalEntry& entry, const Paint& paint) {
  std::string text = entry.module + ": ";
  text += recovery::joined(entry.findings) + "; " + entry.done;
  if (!entry.replaced.empty() && !entry.quarantine.empty())
    text += "  (quarantine: " + entry.quarantine + ")";
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
      sources_.emplace(settings_, *request_, config_, nullptr);
    } catch (const std::exception&) {
      sources_.reset();
    }
  }
  bool has(const recovery::ModuleVersion& m) const {
    return sources_ && !sources_->is_private(m.path());
  }

 private:
  std::optional<recovery::Request> request_;
  recovery::Settings settings_;
  std::optional<recovery::Root> cache_;
  recovery::Config config_;
  std::optional<recovery::Sources> sources_;
};

// What a repair was of, as it may travel.
std::string subject_of(const JournalEntry& entry, const Public& names) {
  const std::string& name = entry.module;
  if (const auto m = recovery::ModuleVersion::parse(name))
    return names.has(*m) ? name : entry.class_id + " (private name omitted)";
  if (name.starts_with("the clone of ")) return "a clone in cache/vcs";
  if (name.starts_with("/")) return name.substr(name.rfind('/') + 1);
  static constexpr std::array fixed{"the build cache", "the checksum database's answers",
                                    "the module cache"};
  return std::ranges::find(fixed, name) != fixed.end() ? name : entry.class_id + " (name omitted)";
}

std::string annotations_of(const std::vector<JournalEntry>& entries) {
  std::string text;
  const Public names;
  for (const JournalEntry& entry : entries) {
    const auto m = recovery::ModuleVersion::parse(entry.module);
    const bool may_tell = m && names.has(*m) && !entry.findings.empty();
    const std::string words =
        subject_of(entry, names) + (may_tell ? ": " + recovery::joined(entry.findings) : "");
    text += annotation("warning", printable(words + "; repaired")) + "\n";
  }
  return text;
}

Json json_of(const JournalEntry& entry) {
  return {{"time", entry.time},
          {"module", entry.module},
          {"class", entry.class_id},
          {"findings", entry.findings},
          {"action", recovery::code_of(entry.action)},
          {"done", entry.done},
          {"source", recovery::redacted(entry.source)},
          {"cache", entry.cache},
          {"id", entry.quarantine},
          {"replaced", entry.replaced}};
}

}  // namespace

static int history(const Call& call) {
  const ParsedArguments& given = call.given;
  const Past past = read_past(given.value("since"));
  if (given.has("json")) {
    Json repairs = Json::array();
    for (const JournalEntry& entry : past.entries) repairs.push_back(json_of(entry));
    write_out(Json{{"repairs", repairs}}.pretty());
  } else if (given.has("github")) {
    if (!past.entries.empty()) write_out(annotations_of(past.entries));
  } else {
    const Paint paint(STDOUT_FILENO);
    for (const JournalEntry& entry : past.entries) write_out(line_of(entry, paint));
  }
  return end_of(past, "history");
}

const CommandRow& history_row() {
  static const CommandRow row{
      .name = "history",
      .summary = "what was repaired, newest last",
      .arguments = "",
      .about =
          "A line for each repair: when, what, why, what was done, and the quarantine id for "
          "gomend "
          "restore.",
      .options = {since_option,
                  {"github", "", "as annotations of GitHub Actions, without private names"},
                  json_option},
      .examples = {{"gomend history --since 7d", "the last week"}},
      .status = "0 done, 2 the journal can't be read, or not all of it",
      .json = {{"repairs",
                "list of objects: time, module, class, findings, action, done, source, cache "
                "(GOMODCACHE), id (for gomend restore), replaced (paths below it)"}},
      .run = history};
  return row;
}

}  // namespace shim

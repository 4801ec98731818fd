#include "recovery/state/repair_action.hpp"

#include <algorithm>
#include <array>

namespace recovery {
namespace {

struct Row {
  RepairAction action;
  std::string_view code, words;
};

constexpr std::array rows{
    Row{RepairAction::none, "other", ""},
    Row{RepairAction::downloaded, "downloaded", "downloaded again"},
    Row{RepairAction::retried, "retried", "downloaded on retry"},
    Row{RepairAction::rebuilt, "rebuilt", "rebuilt from the module cache"},
    Row{RepairAction::extracted, "extracted", "extracted again from the cached zip"},
    Row{RepairAction::permissions, "permissions", "permissions restored"},
    Row{RepairAction::quarantined, "quarantined", "moved to quarantine"},
    Row{RepairAction::removed, "removed", "removed"},
    Row{RepairAction::rewritten, "rewritten", "written again"},
    Row{RepairAction::private_cache, "private-cache", "using a private GOCACHE for this command"},
    Row{RepairAction::index_disabled, "index-disabled", "package index disabled for this command"},
};

// How the words of the journal's first version begin.
constexpr std::array<std::pair<std::string_view, RepairAction>, 14> old_words{{
    {"downloaded from", RepairAction::downloaded},
    {"restored from the cached zip", RepairAction::extracted},
    {"restored", RepairAction::rebuilt},
    {"permissions", RepairAction::permissions},
    {"replaced", RepairAction::downloaded},
    {"fetched", RepairAction::downloaded},
    {"taken from", RepairAction::downloaded},
    {"had in a second try", RepairAction::retried},
    {"moved", RepairAction::quarantined},
    {"removed", RepairAction::removed},
    {"dropped", RepairAction::removed},
    {"written again", RepairAction::rewritten},
    {"rebuilt", RepairAction::rewritten},  // `fix --gosum`
    {"done without it", RepairAction::index_disabled},
}};

}  // namespace

std::string_view code_of(RepairAction action) {
  return std::ranges::find(rows, action, &Row::action)->code;
}

RepairAction action_of(std::string_view code) {
  const auto* const row = std::ranges::find(rows, code, &Row::code);
  return row == rows.end() ? RepairAction::none : row->action;
}

RepairAction action_of_words(std::string_view done) {
  const auto* const row =
      std::ranges::find_if(old_words, [&](const auto& old) { return done.starts_with(old.first); });
  if (row != old_words.end()) return row->second;
  const auto* const same = std::ranges::find(rows, done, &Row::words);
  return same == rows.end() ? RepairAction::none : same->action;
}

std::string words_of(RepairAction action, const std::string& source) {
  if (action == RepairAction::downloaded && !source.empty()) return "downloaded from " + source;
  return std::string(std::ranges::find(rows, action, &Row::action)->words);
}

bool is_from_cache(RepairAction action) {
  return action == RepairAction::rebuilt || action == RepairAction::extracted ||
         action == RepairAction::permissions;
}

}  // namespace recovery

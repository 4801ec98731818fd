#pragma once
// Every repair is one line of JSON in $XDG_STATE_HOME/gomend/journal.jsonl (~/.local/state without
// it): what was wrong, what was done, where the replaced files wait. Lines say their version
// ("v":2); those without one are of the first, and are read too. 0600, in a directory 0700 that
// must be the effective user's own: a state directory of someone else is not written to, and a
// journal that can't be written costs nobody his repair.

#include <string>
#include <vector>

#include "recovery/state/repair_action.hpp"

namespace recovery {

struct JournalEntry {
  std::string time;      // RFC 3339, UTC
  std::string module;    // "example.com/a@v1.0.0"
  std::string class_id;  // what go's words were taken for
  std::vector<std::string> findings;
  std::string done;                   // the action in words
  std::string source;                 // fetched from here, if not from the first source
  std::string cache;                  // GOMODCACHE
  std::string quarantine;             // id, for `gomend restore`
  std::vector<std::string> replaced;  // paths relative to the cache
  RepairAction action = RepairAction::none;
};

void write_journal(const std::vector<std::string>& env, const JournalEntry& entry);

// All of it, and what of it is no journal's line: a torn write, or somebody else's file.
struct Journal {
  std::string path;
  std::vector<JournalEntry> entries;  // oldest first
  std::size_t broken_lines = 0;
  std::string failure;  // why there is nothing to read; empty if there is no journal yet
};
Journal open_journal(const std::vector<std::string>& env);
std::vector<JournalEntry> read_journal(const std::vector<std::string>& env);  // oldest first
std::string state_dir(const std::vector<std::string>& env);  // empty if there is no home
std::string now_in_utc();                                    // RFC 3339, to the second
// Makes it when it is absent; empty when it can't be made, or is not ours alone.
std::string make_state_dir(const std::vector<std::string>& env);

}  // namespace recovery

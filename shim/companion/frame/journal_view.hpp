#pragma once
// The journal as the commands that tell of it want it: from a time on, and with one line about what
// of it can't be read.
//
// Example: read_past("7d") has the repairs of the last week

#include <string>
#include <vector>

#include "recovery/state/journal.hpp"

namespace shim {

struct Past {
  std::vector<recovery::JournalEntry> entries;  // oldest first
  std::string complaint;  // "2 lines of … are no journal's"; empty: all read
};

// `since` is "7d", "24h", "90m", "2w", a day (2026-01-31) or a time (2026-01-31T10:00:00Z); empty:
// all. Throws UsageError when it is none of these, or when the journal can't be read at all.
Past read_past(const std::string& since);

// Says the complaint, if there is one, on stderr; the exit status: 2 if there is.
int end_of(const Past& past, std::string_view command);

}  // namespace shim

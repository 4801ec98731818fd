#pragma once
// What a repair did, as data: the journal keeps the code, `gomend stats` counts by it, and the
// words for a person are made from it here alone, so that they may change freely.
//
// Example: words_of(RepairAction::downloaded, "mirror.example.org") is
// "downloaded from mirror.example.org"

#include <string>
#include <string_view>

namespace recovery {

enum class RepairAction {
  none,            // nothing was done, or an older gomend's line does not tell what
  downloaded,      // a good copy came from a source
  retried,         // the source that had failed gave it when it was asked again
  rebuilt,         // from what the module cache still held
  extracted,       // again, from the cached zip
  permissions,     // modes that kept the owner out were given back
  quarantined,     // moved out of go's way
  removed,         // go makes it again
  rewritten,       // a file with lines that were verified
  private_cache,   // go gets another GOCACHE for the retry
  index_disabled,  // go reads the trees themselves for the retry
};

// "downloaded", as the journal and `history --json` have it; "other" for none.
std::string_view code_of(RepairAction action);
RepairAction action_of(std::string_view code);
// Of a line that a gomend before the journal's version 2 has written: it has words alone.
RepairAction action_of_words(std::string_view done);

// "downloaded again", "extracted again from the cached zip"; empty for none. `source`: where the
// good copy came from, if that was not the first source.
std::string words_of(RepairAction action, const std::string& source = "");

// The good copy came from what the cache itself held.
bool is_from_cache(RepairAction action);

}  // namespace recovery

#pragma once
// The last advice that the shim gave, for `gomend fix`: $XDG_STATE_HOME/gomend/advice.json, 0600,
// in the state directory (journal.hpp). Written only after go has failed and a line of advice was
// said; advice that can't be carried out takes the note of an older one away. What can't be written
// costs nobody anything.
//
// Read as if somebody else had written it: only a file of our own in a directory of our own counts,
// and only a command that advised_command.hpp knows.

#include <optional>
#include <string>
#include <vector>

namespace recovery {

struct LastAdvice {
  std::string time;                  // RFC 3339, UTC; filled in when it is written
  std::string class_id;              // "checksum/gosum-missing"
  std::string dir;                   // where the user's command was typed; absolute
  std::vector<std::string> command;  // {"go", "mod", "tidy"}; empty: nothing can be carried out
  std::string words;                 // the line as it was said
};

void note_advice(const std::vector<std::string>& env, LastAdvice advice);

// Absent: there is none. Throws std::runtime_error when the note can't be read or trusted.
std::optional<LastAdvice> last_advice(const std::vector<std::string>& env);

void forget_advice(const std::vector<std::string>& env);

}  // namespace recovery

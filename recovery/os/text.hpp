#pragma once
// Words and lists of words for people and shells.

#include <string>
#include <string_view>
#include <vector>

namespace recovery {

// Letters, digits and what paths of Go's caches consist of: may stand in a command without quotes.
bool is_plain(std::string_view text);

std::string quoted(const std::string& word);  // in single quotes, where a shell wants them

std::string joined(const std::vector<std::string>& phrases);  // "one and another"

std::string trimmed(std::string_view text);  // without blanks and ends of lines at both ends

}  // namespace recovery

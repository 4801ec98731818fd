#pragma once
// The longest piece of fixed text that every match of a regular expression contains, so that a rule
// whose text does not occur is neither compiled nor run. Knows only what the rule files use: it
// never takes for fixed what is not, and says nothing ("") where it is in doubt. No options such as
// (?i). Source of truth: pcre2pattern(3).
//
// Example: "open (?<path>[^:]+): is a directory$" has ": is a directory".

#include <string>
#include <string_view>

namespace patterns {

[[nodiscard]] std::string required_literal(std::string_view regex);

}  // namespace patterns

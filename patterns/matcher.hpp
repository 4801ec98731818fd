#pragma once
// What of the matching is needed by those who bring rules of their own.

#include <string>
#include <string_view>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "patterns/rule_file.hpp"

namespace patterns {

// As diagnose(text), and then with `more` for the lines that none of ours has taken; the same
// limits hold for them.
std::vector<Diagnosis> diagnose(std::string_view text, const std::vector<Rule>& more);

// Why it is no regular expression; empty if it is one.
std::string regex_error(const std::string& when);

std::string linked_pcre2();  // of the library that is linked in: "10.42"

}  // namespace patterns

#pragma once
// The user's own rules, for the commands that read logs.

#include <string>
#include <vector>

#include "recovery/advice/user_rules.hpp"

namespace shim {

recovery::UserRules rules_here();  // in this directory

// Those that count in this directory. What does not is told on stderr, a line each.
std::vector<patterns::Rule> own_rules(const std::string& command);

// The same, all that there is to know; `is_whole` is false if something was told.
recovery::UserRules read_own_rules(const std::string& command, bool& is_whole);

}  // namespace shim

#pragma once
// The command of a line of advice, as an argument vector that may be carried out (`gomend fix`).
// Only what stands in the table of advised_command.cpp is one: verbs of go, gomend and git that
// mend a project or look, and take nothing of the user's away, with module paths, versions and file
// names of just the form that advice gives them. What needs a shell, a variable, root's rights or a
// password is for a person to type.
//
// Example: command_of("go mod tidy") is {"go", "mod", "tidy"}.

#include <string>
#include <vector>

namespace recovery {

// `next`: of an Advice (advice_line.hpp). Empty: no command, or none that may be carried out.
std::vector<std::string> command_of(const std::string& next);

bool is_advised_command(const std::vector<std::string>& argv);

// As one would type it, quoted for a shell where that is needed.
std::string typed(const std::vector<std::string>& argv);

}  // namespace recovery

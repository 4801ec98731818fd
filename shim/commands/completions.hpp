#pragma once
// Completions of bash, zsh and fish, made from the table of commands. What an option or an argument
// takes is told by the table's own words: "a|b" is one of these, FILE a file, DIR a directory.

#include <string>

namespace shim {

std::string bash_completions();
std::string zsh_completions();
std::string fish_completions();

}  // namespace shim

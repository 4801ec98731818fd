#pragma once
// Completions of bash, zsh and fish, made from the commands' rows. What an option or an argument
// takes is told by the rows' own words: "a|b" is one of these, FILE a file, DIR a directory.

#include <string>

#include "shim/companion/frame/row.hpp"

namespace shim {

std::string bash_completions(const Commands& commands);
std::string zsh_completions(const Commands& commands);
std::string fish_completions(const Commands& commands);

}  // namespace shim

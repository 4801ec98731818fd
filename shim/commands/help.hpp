#pragma once
// What the table says, for people and for shells: the help of a command (it fits a screen), the
// list of all, `gomend generate man|bash|zsh|fish|json`.

#include <string>

#include "shim/commands/table.hpp"

namespace shim {

std::string help_of(const CommandRow& command, std::size_t width);
std::string help_of_all(std::size_t width);
std::string manual();  // in the words of man(7)

int help(const Arguments& arguments);      // gomend help [COMMAND]
int generate(const Arguments& arguments);  // gomend generate man|bash|zsh|fish|json

}  // namespace shim

#pragma once
// What the rows say, for people: the help of a command (it fits a screen), the list of all, the
// manual page, and the keys of the JSON objects.

#include <string>

#include "shim/companion/frame/row.hpp"

namespace shim {

std::string help_of(const CommandRow& command, std::size_t width);
std::string help_of_all(const Commands& commands, std::size_t width);
std::string manual(const Commands& commands);     // in the words of man(7)
std::string json_keys(const Commands& commands);  // a page of Markdown

}  // namespace shim

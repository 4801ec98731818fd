#pragma once
// The one table of the companion's commands.
//
// To add a command: a file here with its row and what it does, its header, and a line in table.cpp.

#include "shim/companion/frame/row.hpp"

namespace shim {

const Commands& commands();

}  // namespace shim

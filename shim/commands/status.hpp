#pragma once
// `gomend status`: is gomend first on PATH, which go is behind it, where it is installed, is it on.
//
// Exit status: 0 a go typed here is mended, 1 it is not.

#include "shim/commands/table.hpp"

namespace shim {

int status(const Arguments& arguments);

}  // namespace shim

#pragma once
// `gomend status`: is gomend first on PATH, which go is behind it, where it is installed, is it on.
//
// Exit status: 0 a go typed here is mended, 1 it is not.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& status_row();

}  // namespace shim

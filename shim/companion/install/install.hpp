#pragma once
// `gomend install`: this very binary, as go and gomend, into a directory of its own, and that first
// on PATH in the shells that the user has. Again: what is as it should be stays. Needs nothing but
// itself.
//
// Exit status: 0 done, 1 some start-up file could not be changed, 2 nothing was done.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& install_row();

}  // namespace shim

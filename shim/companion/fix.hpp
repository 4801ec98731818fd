#pragma once
// `gomend fix`: carries out the last advice that gomend gave as go, after showing it: in the
// directory where that go was typed, and go through gomend again. `gomend fix --gosum` sets a
// damaged go.sum right (recovery/upkeep/sum_repair.hpp).
//
// Exit status: the command's own; 1 there is no such advice, or it is not wanted, 2 it could not be
// told.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& fix_row();

}  // namespace shim

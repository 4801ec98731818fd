#pragma once
// `gomend history`: what was repaired, from the journal, newest last. One line a repair: when,
// what, why, what was done, and the id under which `gomend restore` finds what was replaced.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& history_row();

}  // namespace shim

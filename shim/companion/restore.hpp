#pragma once
// `gomend restore [ID]`: puts back what a repair replaced, as it was; without an id, what the
// newest repair in the journal replaced. What stands there now is kept in its turn, so a restore
// can be taken back the same way.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& restore_row();

}  // namespace shim

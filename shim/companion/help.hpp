#pragma once
// `gomend help [COMMAND]` and `gomend generate man|bash|zsh|fish|json`.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& help_row();
const CommandRow& generate_row();

}  // namespace shim

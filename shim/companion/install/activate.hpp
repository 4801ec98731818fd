#pragma once
// `gomend activate SHELL [--alias]`: prints what that shell evaluates to have gomend's go first on
// PATH, or as an alias. Nothing is written anywhere.
//
// Example: eval "$(/opt/gomend/bin/gomend activate bash)"

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& activate_row();

}  // namespace shim

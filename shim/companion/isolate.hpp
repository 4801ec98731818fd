#pragma once
// `eval "$(gomend isolate [DIR])"`: caches of the project's own from then on in this shell, with
// the shared cache as a source that is only read; `eval "$(gomend isolate --off)"` is the way back.
//
// Exit status: 0 done, 2 it can't be done, and nothing is on stdout for a shell to read.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& isolate_row();

}  // namespace shim

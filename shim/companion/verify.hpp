#pragma once
// `gomend verify [--all] [--full] [--repair] [--json] [MODULE[@VERSION]…]`: is all that lies in the
// caches right? Works offline; with --repair it mends what it finds, as the shim would after a
// failure. A bar shows how far it is, on a terminal only.
//
// Exit status: 0 all sound (or mended), 1 something is broken (and was not mended), 2 the question
// could not be answered, or not for all (something could not be read).

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& verify_row();

}  // namespace shim

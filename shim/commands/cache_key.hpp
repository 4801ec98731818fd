#pragma once
// `gomend cache-key [--restore] [--period day|week|month]`: the name under which a CI keeps go's
// caches, on one line. Asks no network, and loads no module: it is wanted before the caches are
// there.
//
// Exit status: 0 told, 2 there is no build list here.

#include "shim/commands/table.hpp"

namespace shim {

int cache_key(const Arguments& arguments);

}  // namespace shim

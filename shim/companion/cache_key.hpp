#pragma once
// `gomend cache-key [--restore] [--period day|week|month]`: the name under which a CI keeps go's
// caches, on one line. Asks no network, and loads no module: it is wanted before the caches are
// there.
//
// Exit status: 0 told, 2 there is no build list here.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& cache_key_row();

}  // namespace shim

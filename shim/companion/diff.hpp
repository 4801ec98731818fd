#pragma once
// `gomend diff MODULE@VERSION`: what was recorded of it, what is cached, and what each source
// serves now; and which files differ. Nothing comes into the cache.
//
// Exit status: 0 all the same, 1 something differs, 2 it could not be told.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& diff_row();

}  // namespace shim

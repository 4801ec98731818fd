#pragma once
// `gomend prune DIR… [--dry-run] [--build-cache DAYS]`: what the projects in these directories do
// not need goes out of the module cache, for good. For CI, before the cache is saved.
//
// Exit status: 0 done, 1 something was left because it is in use, 2 it could not be told what is
// needed, and nothing was removed.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& prune_row();

}  // namespace shim

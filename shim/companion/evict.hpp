#pragma once
// `gomend evict M[@V]… [--refetch]`: out of the module cache with it, into quarantine; all cached
// versions where none is named. With --refetch its source is asked first, and the new bytes take
// its place: for a private tag that was moved.
//
// Exit status: 0 done, 1 nothing of it is cached or it can't be fetched, 2 it was not asked
// rightly.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& evict_row();

}  // namespace shim

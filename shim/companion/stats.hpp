#pragma once
// `gomend stats`: how many repairs, by class and by where the good copy came from. Made to travel
// (a fleet's collector reads --openmetrics), so no module, no path and no host of the user's own is
// in it: a source is named only if his settings say that it holds public modules alone.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& stats_row();

}  // namespace shim

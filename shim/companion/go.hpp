#pragma once
// `gomend go …`: the shim without a link or copy of that name, for `alias go='gomend go'` and for
// one try. From here on there is no difference: the same streams, signals and end.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& go_row();

}  // namespace shim

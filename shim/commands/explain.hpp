#pragma once
// `gomend explain [FILE|-]`: a log of CI, of Docker or of a terminal, of any length: which failure
// of go's is at the root of it, what heals it, and the command to type.
//
// Exit status: 0 a fault was found, 1 none was, 2 the log could not be read.

#include "shim/commands/table.hpp"

namespace shim {

int explain(const Arguments& arguments);

}  // namespace shim

#pragma once
// The command line of one command, read by its row. What it does not know is a UsageError, which
// the companion turns into one line and exit status 2.
//
// Example: const ParsedArguments given = parse(explain_row(), arguments); given.has("json")

#include "shim/companion/frame/row.hpp"

namespace shim {

// Throws UsageError; also when there are more than the row's `most_positionals`.
ParsedArguments parse(const CommandRow& row, const Arguments& arguments);

}  // namespace shim

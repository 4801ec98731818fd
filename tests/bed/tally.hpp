#pragma once
// What a table of faults came to, printed when the test process ends: "table 1, go1.26.8: 142
// faults, 98 of them for ever with plain go, all mended". Counts only what was seen; whether it was
// right is for the checks.

#include <string>

namespace tests {

/// One cell of a table: `kind` is a word for the sum it belongs to ("stuck with plain go", "healed
/// by go itself").
void tally(const std::string& table, const std::string& go_version, const std::string& kind);

}  // namespace tests

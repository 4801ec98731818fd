#pragma once
// What `gomend --version` prints: gomend's own version, with the commit and its date (not the
// build's: two builds of one commit are the same bytes), the libraries that are linked in, since a
// static file tells nobody else, and the rules. Scripts read the first two words.
//
// Example: gomend 0.1.0 (1a2b3c4d5e6f, 2026-01-31)
//          OpenSSL 3.0.17, zlib 1.2.13, PCRE2 10.42
//          130 rules (0f1e2d3c4b5a)

#include <string>

namespace shim {

std::string version_text();

}  // namespace shim

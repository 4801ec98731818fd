#pragma once
// What gomend itself says: one line per event on stderr, beginning "gomend: ", one write each, so
// that lines of others never get in between. GOMEND_QUIET=1: nothing at all. In GitHub Actions also
// a ::notice, with private names redacted.
//
// Example: gomend: github.com/a/b@v1.2.3: cached zip is corrupt (checksum does not match go.sum);
// downloaded again

#include <string>
#include <string_view>
#include <vector>

#include "recovery/pipeline/outcome.hpp"

namespace shim {

void say(const std::string& words);
bool is_quiet();

// recovery/os/outside_text.hpp: module names and servers' answers end up in our words.
std::string printable(const std::string& text);
void say(const recovery::Outcome& outcome);

// On a terminal: in the place of what it said last, without an end; "" takes that away.
void rewrite(const std::string& words);

// A line that GitHub Actions shows beside the job: "::notice title=gomend::…". No text can end it
// and begin another.
std::string annotation(std::string_view level, const std::string& text);

// From now on what was mended is told on a terminal only, and go's own words about it with it: who
// reads `go test -json` (gotestsum, IDEs) counts each line on stderr as an error. The journal has
// it.
void report_repairs_on_terminal_only();
bool reports_repairs();

// GOMEND_TRACE=1: steps with their timing on stderr; any other value: appended to that file.
void start_trace();

}  // namespace shim

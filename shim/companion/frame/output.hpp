#pragma once
// What a command of the companion prints: every word on stdout goes through write_out(), so that
// what can't be written (a full disk, /dev/full, a closed stdout) is noticed in one place, at the
// end.
//
// Example: write_out(text); … return end_of_output("verify", 0);  // 2 when a part of it is lost

#include <string_view>

namespace shim {

// To stdout. The first error is remembered; after it nothing more is written.
void write_out(std::string_view text);

// The exit status of a command that ends with `status`: 2 and one line on stderr if what it printed
// is not all there. `command` is "" for gomend itself.
int end_of_output(std::string_view command, int status);

// No file that is opened from now on becomes stdin, stdout or stderr: one that came closed stays
// unusable, and is closed again for what is started.
void reserve_standard_streams();

}  // namespace shim

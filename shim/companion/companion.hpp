#pragma once
// The companion: what the binary does when it is called by its own name. One file a command, named
// as the command.
//
// Example: `gomend --version` prints "gomend 0.1.0 (…)" (version.hpp).

namespace shim {

int be_companion(int argc, char** argv);  // the exit code

}  // namespace shim

#pragma once
// What the binary does under the name `go`, and as `gomend go`: finds the real go and runs it, as
// the command asks for. Here is the one catch: our own failure ends as plain go would have ended.
//
// Example: be_go({"go", "build", "./..."})

#include <string>
#include <vector>

namespace shim {

// argv[0] is what go sees as its own name.
[[noreturn]] void be_go(std::vector<std::string> argv);

}  // namespace shim

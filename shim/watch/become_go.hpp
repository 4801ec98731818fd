#pragma once
// The end of gomend where nothing is to be watched, or nothing more can be done: this process
// becomes the real go.

#include <string>
#include <vector>

#include "shim/invocation/session.hpp"

namespace shim {

// Becomes the real go with the user's own command line. Returns only if execve fails, with errno
// set.
void become_go(const Session& session);

// The same with variables (NAME=VALUE) that go gets, and the user's program does not. One at most.
// Throws std::runtime_error when they could not be taken back from it.
void become_go_with(const Session& session, const std::vector<std::string>& variables);

}  // namespace shim

#pragma once
// Does go lack modules for the packages that the command names? Where its words may be anybody's (a
// test's, a finding of vet's), go itself is asked again, with GOPROXY=off: it runs nothing of the
// user's, and asks nobody.

#include <string>
#include <vector>

#include "shim/invocation/session.hpp"

namespace shim {

bool go_lacks_modules(const Session& session);

// `go list` with the user's own packages, and those of his flags that choose them.
std::vector<std::string> list_command(const Session& session,
                                      const std::vector<std::string>& flags = {});

}  // namespace shim

#pragma once
// What a command of the companion's that looks at caches starts from: the real go, asked in this
// directory with the user's environment.

#include <string>

#include "recovery/settings/request.hpp"

namespace shim {

// Throws std::runtime_error, with what to type next, when there is no go.
recovery::Request request_here(const std::string& verb);

}  // namespace shim

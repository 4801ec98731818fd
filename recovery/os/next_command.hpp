#pragma once
// How a line names the command to type: "run:" for one that repairs, "see:" for one that only
// shows something.
//
// Example: with_next("go.sum: missing", "go mod tidy") is "go.sum: missing; run: go mod tidy"

#include <string>
#include <string_view>

namespace recovery {

std::string_view next_label(std::string_view command);  // "run" or "see"

// `words` alone where there is no command.
std::string with_next(const std::string& words, const std::string& command);

}  // namespace recovery

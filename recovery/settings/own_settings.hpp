#pragma once
// What the variables GOMEND… say, and what of them says nothing: a value that is none of those
// that are known is told, never silently taken for another. Pure, but for the environment that is
// handed in.
//
// Example: mode_of("OFF") is Mode::off; mode_of("of") is nothing.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recovery {

enum class Mode { on, advise, off };

// In any case: off, 0, false, no; advise; on, 1, true, yes and the empty value. Else nothing: it
// counts as on, and is told.
std::optional<Mode> mode_of(std::string_view value);

// In any case: 1, true, yes, on; 0, false, no, off and the empty value.
std::optional<bool> switch_of(std::string_view value);

// GOMEND_PATIENCE: seconds from 0 to 86400. Else nothing.
std::optional<int> patience_in(std::string_view value);

// Each variable GOMEND… of the environment that is unknown, or has a value that does not count; as
// "GOMEND=of: not on, advise or off; read as on".
std::vector<std::string> complaints_about(const std::vector<std::string>& env);

}  // namespace recovery

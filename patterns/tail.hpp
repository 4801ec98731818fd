#pragma once
// The tail of a stream as a person reads it: the last 256 KiB, from a line's beginning, without
// colours, with plain newlines, and without over-long lines. What is not text (NUL, invalid UTF-8)
// stays as it is; whoever matches must bear it. Source of truth: ECMA-48 for the escape sequences.
//
// Example: "\x1b[31mgo: x\x1b[0m\r\n" becomes "go: x\n".

#include <cstddef>
#include <string>
#include <string_view>

namespace patterns {

inline constexpr std::size_t max_tail = 256 * 1024;  // bytes
inline constexpr std::size_t max_line =
    4096;  // bytes; go's own lines are shorter, what follows is cut off

[[nodiscard]] std::string clean_tail(std::string_view text);

}  // namespace patterns

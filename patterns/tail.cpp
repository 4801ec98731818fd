#include "patterns/tail.hpp"

namespace patterns {
namespace {

constexpr char escape = '\x1b';

std::string_view last_lines(std::string_view text) {
  if (text.size() <= max_tail) return text;
  text.remove_prefix(text.size() - max_tail);
  const auto newline = text.find('\n');
  return newline == text.npos ? text : text.substr(newline + 1);
}

// The length of the escape sequence that `text` begins with: "ESC [ … letter", "ESC ] … BEL", else
// ESC and one more.
std::size_t escape_length(std::string_view text) {
  constexpr std::size_t longest = 64;
  if (text.size() < 2) return text.size();
  if (text[1] != '[' && text[1] != ']') return 2;
  for (std::size_t i = 2; i < text.size() && i < longest; ++i) {
    const bool ends = text[1] == '[' ? text[i] >= '@' && text[i] <= '~' : text[i] == '\a';
    if (ends) return i + 1;
  }
  return 2;
}

}  // namespace

std::string clean_tail(std::string_view text) {
  text = last_lines(text);
  std::string out;
  out.reserve(text.size());
  std::size_t line = 0;  // length of the line so far
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == escape) {
      i += escape_length(text.substr(i)) - 1;
    } else if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      continue;
    } else if (text[i] == '\n' || text[i] == '\r') {
      out.push_back('\n');
      line = 0;
    } else if (line++ < max_line) {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace patterns

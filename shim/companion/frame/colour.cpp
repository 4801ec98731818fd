#include "shim/companion/frame/colour.hpp"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace shim {
namespace {

bool is_empty(const char* variable) {
  const char* value = getenv(variable);
  return value == nullptr || *value == '\0';
}

bool is_dumb() {
  const char* term = getenv("TERM");
  return term == nullptr || strcmp(term, "dumb") == 0;
}

// What a terminal shows: UTF-8's continuation bytes take no column.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

Paint::Paint(int fd) : is_terminal_(isatty(fd) != 0) {
  has_colour_ = is_terminal_ && is_empty("NO_COLOR") && !is_dumb();
  winsize size = {};
  if (is_terminal_ && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    width_ = std::clamp<std::size_t>(size.ws_col, 40, 120);
}

std::string Paint::in(std::string_view code, std::string_view text) const {
  if (!has_colour_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Paint::bar(double share, std::size_t size) const {
  if (!is_terminal_) return {};
  const auto full = static_cast<std::size_t>(
      std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(size)));
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += i < full ? "█" : " ";
  return text;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > indent && column + 1 + columns(word) > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns(word);
  }
  return out;
}

}  // namespace shim

#pragma once
// Colour and marks for what a person reads: only on a terminal, and not with NO_COLOR (any value
// but an empty one) or TERM=dumb. Elsewhere the same words without them.
//
// Example: const Paint paint(STDOUT_FILENO); paint.good("✓") is "\x1b[32m✓\x1b[0m" or "✓"

#include <string>
#include <string_view>

namespace shim {

class Paint {
 public:
  explicit Paint(int fd);

  std::string good(std::string_view text) const { return in("32", text); }
  std::string poor(std::string_view text) const { return in("33", text); }
  std::string bad(std::string_view text) const { return in("31", text); }
  std::string bold(std::string_view text) const { return in("1", text); }
  std::string faint(std::string_view text) const { return in("2", text); }

  bool has_colour() const { return has_colour_; }
  std::size_t width() const { return width_; }  // columns; 100 where there is no terminal
  // For findings, which a script may search: no limit where there is no terminal.
  std::size_t finding_width() const { return is_terminal_ ? width_ : std::string::npos; }

  // A bar of `size` columns, filled by the share; "" where there is no terminal.
  std::string bar(double share, std::size_t size) const;

 private:
  std::string in(std::string_view code, std::string_view text) const;
  bool is_terminal_ = false;
  bool has_colour_ = false;
  std::size_t width_ = 100;
};

// Broken between words so that no line is longer than `width`; each line behind the first begins
// with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace shim

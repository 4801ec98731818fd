#include "recovery/go/quoted_source.hpp"

#include <algorithm>
#include <array>

namespace recovery {
namespace {

using Words = std::string_view;

template <std::size_t n>
bool holds_any(std::string_view text, const std::array<Words, n>& all) {
  return std::ranges::any_of(all, [&](Words words) { return text.find(words) != text.npos; });
}

template <std::size_t n>
bool starts_with_any(std::string_view text, const std::array<Words, n>& all) {
  return std::ranges::any_of(all, [&](Words words) { return text.starts_with(words); });
}

// go/parser, go/build, cmd/go/internal/load and work: what follows is the source's.
constexpr std::array<Words, 11> before_a_quotation = {"invalid import path: ",
                                                      "import path must be a string",
                                                      ", found `",
                                                      ", found \"",
                                                      "#cgo ",
                                                      "//go:debug",
                                                      "go:debug ",
                                                      "//go:build",
                                                      "// +build",
                                                      "literal not terminated",
                                                      "pkg-config --"};

// "…:443: connect: connection refused": a port, no line.
constexpr std::array<Words, 16> after_a_port = {
    "connect: ",   "i/o timeout", "read: ",   "read udp",     "read tcp",
    "write: ",     "bind: ",      "dial ",    "no such host", "server misbehaving",
    "network is ", "operation ",  "socket: ", "cannot ",      "use of closed ",
    "sendto: "};

// golang.org/x/mod/modfile, of a go.mod or go.work.
constexpr std::array<Words, 9> of_a_go_mod = {"unknown ",    "usage: ",  "malformed ",
                                              "repeated ",   "require ", "invalid go version",
                                              "unexpected ", "replace",  "exclude"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "a.go:3:8: " and "a.go:3: " where the file's name is more than a name: it came from a //line.
bool has_odd_position(std::string_view line) {
  for (std::size_t end = line.find(": "); end != line.npos; end = line.find(": ", end + 1)) {
    std::size_t name = end;
    for (int numbers = 0; numbers < 2; ++numbers) {
      std::size_t digits = name;
      while (digits > 0 && is_digit(line[digits - 1])) --digits;
      if (digits == name || digits == 0 || line[digits - 1] != ':') break;
      name = digits - 1;
    }
    if (name == end || line.substr(0, name).find(": ") == line.npos) continue;
    const std::string_view message = line.substr(end + 2);
    if (starts_with_any(message, after_a_port)) continue;
    const bool is_go_mod =
        line.substr(0, name).ends_with(".mod") || line.substr(0, name).ends_with("go.work");
    if (!is_go_mod || !starts_with_any(message, of_a_go_mod)) return true;
  }
  return false;
}

// Is what stands behind `words`, up to one of `ends` in the same line, more than one word?
template <std::size_t n>
bool is_more_than_a_word(std::string_view line, Words words, const std::array<Words, n>& ends) {
  for (std::size_t at = line.find(words); at != line.npos; at = line.find(words, at + 1)) {
    const std::string_view quoted = line.substr(at + words.size());
    std::size_t end = quoted.npos;
    for (Words one : ends) end = std::min(end, quoted.find(one));
    if (quoted.substr(0, end).find_first_of(" \t:") != quoted.npos || end == quoted.npos)
      return true;
  }
  return false;
}

constexpr std::array<Words, 3> ends_of_pattern = {": no matching files found", ": cannot embed ",
                                                  ": invalid pattern syntax"};
constexpr std::array<Words, 1> ends_of_quotation = {"\""};

bool quotes_in(std::string_view line) {
  return holds_any(line, before_a_quotation) ||
         is_more_than_a_word(line, ": pattern ", ends_of_pattern) ||
         is_more_than_a_word(line, "malformed import path \"", ends_of_quotation) ||
         is_more_than_a_word(line, "malformed module path \"", ends_of_quotation) ||
         has_odd_position(line);
}

}  // namespace

bool quotes_a_source(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (quotes_in(text.substr(0, end))) return true;
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return false;
}

}  // namespace recovery

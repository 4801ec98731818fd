#include "recovery/os/text.hpp"

#include <algorithm>

namespace recovery {

bool is_plain(std::string_view text) {
  return !text.empty() && text[0] != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+@~,:=").find(c) != std::string_view::npos;
  });
}

std::string quoted(const std::string& word) {
  const std::size_t begin = word.find_first_not_of('-');
  if (begin == word.npos ? !word.empty() : is_plain(std::string_view(word).substr(begin)))
    return word;
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string joined(const std::vector<std::string>& phrases) {
  std::string text;
  for (const std::string& phrase : phrases) text += (text.empty() ? "" : " and ") + phrase;
  return text;
}

std::string trimmed(std::string_view s) {
  const std::size_t begin = s.find_first_not_of(" \t\r\n");
  if (begin == s.npos) return {};
  return std::string(s.substr(begin, s.find_last_not_of(" \t\r\n") - begin + 1));
}

}  // namespace recovery

#include "shim/watch/suspicion.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "patterns/diagnosis.hpp"

namespace shim {
namespace {

constexpr std::array chatter = {"go: downloading ", "go: finding ",    "go: found ",
                                "go: trying ",      "go: added ",      "go: upgraded ",
                                "go: warning: ",    "go: downgraded ", "go: extracting "};

bool is_chatter(std::string_view line) {
  if (line.empty()) return true;
  return std::any_of(chatter.begin(), chatter.end(),
                     [&](const char* start) { return line.starts_with(start); });
}

}  // namespace

bool more_than_chatter(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!is_chatter(text.substr(0, end))) return true;
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return false;
}

bool suspect(std::string_view text) {
  return !patterns::diagnose(text).empty();
}

}  // namespace shim

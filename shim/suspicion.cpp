#include "shim/suspicion.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "patterns/diagnosis.hpp"

namespace shim {
namespace {

constexpr std::array chatter = {"go: downloading ", "go: finding ",    "go: found ",
                                "go: trying ",      "go: added ",      "go: upgraded ",
                                "go: warning: ",    "go: downgraded ", "go: extracting "};

// What is noticed while packages are loaded, whatever go's version. A lost file or symbol shows
// when compiling.
constexpr std::array loading_classes = {"checksum/", "revision/", "module/", "cache/zip-corrupt",
                                        "cache/meta-corrupt"};

bool is_chatter(std::string_view line) {
  if (line.empty()) return true;
  return std::any_of(chatter.begin(), chatter.end(),
                     [&](const char* start) { return line.starts_with(start); });
}

bool is_loading(const std::string& class_id) {
  return std::any_of(loading_classes.begin(), loading_classes.end(),
                     [&](const char* start) { return class_id.starts_with(start); });
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

Suspicion suspect(std::string_view text) {
  Suspicion result;
  result.while_loading = true;
  for (const patterns::Diagnosis& diagnosis : patterns::diagnose(text)) {
    if (diagnosis.remedy == "none" || diagnosis.remedy == "advise") continue;
    result.worth_a_look = true;
    result.while_loading =
        result.while_loading && is_loading(diagnosis.class_id) && diagnosis.symbol.empty();
  }
  return result;
}

}  // namespace shim

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
  const auto diagnoses = patterns::diagnose(text);
  const bool all_loading =
      std::all_of(diagnoses.begin(), diagnoses.end(), [](const patterns::Diagnosis& diagnosis) {
        return is_loading(diagnosis.class_id) && diagnosis.symbol.empty();
      });
  return {.worth_a_look = !diagnoses.empty(), .while_loading = all_loading};
}

}  // namespace shim

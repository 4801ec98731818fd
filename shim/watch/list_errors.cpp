#include "shim/watch/list_errors.hpp"

#include <algorithm>
#include <set>

#include "recovery/os/json.hpp"
#include "shim/watch/text_kept.hpp"

namespace shim {
namespace {

constexpr std::string_view err_key = "\"Err\": \"";
constexpr std::string_view pos_key = "\"Pos\": \"";

// The value of a line `"Err": "…",`.
std::string value_of(std::string_view line) {
  if (line.ends_with(',')) line.remove_suffix(1);
  return recovery::Json::parse(line.substr(line.find(": ") + 2)).text();
}

}  // namespace

std::string list_errors_text(std::string_view json) {
  if (json.find(err_key) == std::string_view::npos) return "";
  TextKept text;
  std::set<std::string> seen;  // the same error stands in DepsErrors of all that import the package
  std::string position;        // stands above its Err
  while (!json.empty()) {
    const std::size_t end = json.find('\n');
    std::string_view line = json.substr(0, end);
    json = end == std::string_view::npos ? "" : json.substr(end + 1);
    line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    if (line.starts_with('{')) position.clear();
    if (line.starts_with(pos_key)) position = value_of(line);
    if (!line.starts_with(err_key)) continue;
    const std::string error = value_of(line);
    const std::string said = (position.empty() ? "" : position + ": ") + error + "\n";
    if (!error.empty() && seen.insert(said).second) text.append(said);
    position.clear();
  }
  return text.str();
}

}  // namespace shim

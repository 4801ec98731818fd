#include "recovery/go/download_files.hpp"

#include "recovery/go/toolchain.hpp"
#include "recovery/os/json.hpp"

namespace recovery {

bool is_version_list(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (!is_canonical_version(rest.substr(0, end))) return false;
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  return true;
}

bool holds_its_go_mod(const ModuleVersion& m) {
  return !m.version().ends_with("+incompatible") && !is_toolchain(m);
}

// What is no JSON object go fetches again by itself; what is one, it believes.
bool would_mislead(std::string_view json, const ModuleVersion& m) {
  return Json::parse(json).is_object() && !is_info_of(json, m);
}

bool is_info_of(std::string_view json, const ModuleVersion& m) {
  return Json::parse(json)["Version"] == m.version();
}

}  // namespace recovery

#include "recovery/go/toolchain.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>

namespace recovery {

bool is_toolchain(const ModuleVersion& m) {
  return m.path() == "golang.org/toolchain";
}

std::optional<ModuleVersion> toolchain_module(std::string_view go_version,
                                              std::string_view platform) {
  const bool is_release = go_version.starts_with("go1.") && go_version.size() < 40;
  if (!is_release || platform.empty()) return std::nullopt;
  return ModuleVersion::parse("golang.org/toolchain",
                              "v0.0.1-" + std::string(go_version) + "." + std::string(platform));
}

std::array<int, 3> go_number(std::string_view text) {
  if (text.starts_with("go")) text.remove_prefix(2);
  std::array<int, 3> version{};
  for (int& part : version) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(".")) break;
    text.remove_prefix(1);
  }
  return version;
}

bool must_be_executable(std::string_view name) {
  if (name.starts_with("bin/") || name.starts_with("pkg/tool/")) return true;
  const std::string file(name.substr(name.rfind('/') + 1));
  return name.starts_with("lib/") && ::fnmatch("go_?*_?*_exec", file.c_str(), 0) == 0;
}

}  // namespace recovery

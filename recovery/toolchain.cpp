#include "recovery/toolchain.hpp"

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

void undo_completion(Tree& tree) {
  std::erase_if(tree.files, [&](const auto& file) {
    const std::string& name = file.first;
    if (name != "go.mod" && !name.ends_with("/go.mod")) return false;
    const auto original = tree.files.find(name.substr(0, name.size() - 6) + "_go.mod");
    return original != tree.files.end() && !file.second.sha256.empty() &&
           original->second.sha256 == file.second.sha256;
  });
  const auto go = tree.files.find("bin/go");
  if (go == tree.files.end() || !go->second.is_executable) return;  // go completes it anew
  for (auto& [name, file] : tree.files) {
    if (must_be_executable(name) && !file.is_executable) file.is_readable = false;
  }
}

}  // namespace recovery

#include "recovery/go/layout.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "recovery/go/h1.hpp"

namespace recovery {
namespace {

constexpr std::string_view download_root = "cache/download/";

std::optional<Located> in_download(std::string_view rel) {
  const std::size_t at = rel.rfind("/@v/");
  if (at == rel.npos) return std::nullopt;
  const std::string_view path = rel.substr(0, at);
  const std::string_view file = rel.substr(at + 4);
  const std::size_t dot = file.rfind('.');
  if (dot == file.npos || file.find('/') != file.npos) return std::nullopt;
  auto module = ModuleVersion::unescape(path, file.substr(0, dot));
  if (!module) return std::nullopt;
  return Located{*module, {}, std::string(file.substr(dot))};
}

std::optional<Located> in_tree(std::string_view rel) {
  const std::size_t at = rel.find('@');
  if (at == rel.npos) return std::nullopt;
  const std::size_t slash = rel.find('/', at);
  auto module = ModuleVersion::unescape(rel.substr(0, at), rel.substr(at + 1, slash - at - 1));
  if (!module) return std::nullopt;
  return Located{*module, std::string(slash == rel.npos ? "" : rel.substr(slash + 1)), {}};
}

// "go1.21.13 X:rangefunc" and "go1.26.8" both have a minor version; a development version has none.
int minor_of(std::string_view go_version) {
  if (!go_version.starts_with("go1.")) return 1000;
  int minor = 1000;
  std::from_chars(go_version.data() + 4, go_version.data() + go_version.size(), minor);
  return minor;
}

}  // namespace

std::string download_dir(const ModuleVersion& m) {
  return std::string(download_root) + m.escaped_path() + "/@v";
}

std::string download_file(const ModuleVersion& m, std::string_view ext) {
  return download_dir(m) + "/" + m.escaped_version() + std::string(ext);
}

std::string list_file(const ModuleVersion& m) {
  return download_dir(m) + "/list";
}

std::string record_file(std::string_view database, const ModuleVersion& m) {
  return "cache/download/sumdb/" + std::string(database) + "/lookup/" + m.escaped_path() + "@" +
         m.escaped_version();
}

std::string tree_dir(const ModuleVersion& m) {
  return m.escaped_path() + "@" + m.escaped_version();
}

std::optional<Located> locate(std::string_view cache_root, std::string_view absolute_path) {
  const auto clean = clean_path(absolute_path);
  if (!clean || !clean->starts_with(cache_root)) return std::nullopt;
  std::string_view rel = std::string_view(*clean).substr(cache_root.size());
  if (rel.empty() || rel[0] != '/') return std::nullopt;
  rel.remove_prefix(1);
  if (rel.starts_with(download_root)) return in_download(rel.substr(download_root.size()));
  if (rel.starts_with("cache/")) return std::nullopt;
  return in_tree(rel);
}

std::string index_entry(std::string_view go_version, std::string_view absolute_tree) {
  // The salt of cmd/go/internal/cache.NewHash is the version without the experiments.
  const std::string version(go_version);
  const std::string salt = version.substr(0, std::min(version.find(" X:"), version.find("-X:")));
  const std::string format = minor_of(version) <= 20 ? "go index v1" : "go index v2";
  const std::string hex = sha256_hex(salt + "module index " + version + " " + format + " " +
                                     std::string(absolute_tree) + "\n");
  return hex.substr(0, 2) + "/" + hex + "-a";
}

std::optional<std::string> clean_path(std::string_view path) {
  if (path.empty() || path[0] != '/' || path.find('\0') != path.npos) return std::nullopt;
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    if (name != "..")
      names.push_back(name);
    else if (!names.empty())
      names.pop_back();
  }
  std::string clean;
  for (const std::string_view name : names) clean += "/" + std::string(name);
  return clean.empty() ? "/" : clean;
}

}  // namespace recovery

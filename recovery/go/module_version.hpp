#pragma once
// A module path and a version, proved to be well-formed by Go's own rules: the trust boundary.
// Captured text is parsed here or thrown away, and only a ModuleVersion can become a path in the
// cache or an argument of go.
//
// Source of truth: golang.org/x/mod/module (CheckPath, Check, EscapePath, EscapeVersion),
// golang.org/x/mod/semver. Example: ModuleVersion::parse("github.com/BurntSushi/toml", "v1.3.2"),
// escaped path "github.com/!burnt!sushi/toml".

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace recovery {

class ModuleVersion {
 public:
  // nullopt unless the path passes module.CheckPath and the version is canonical (or +incompatible)
  // and fits the path's major version suffix.
  static std::optional<ModuleVersion> parse(std::string_view path, std::string_view version);
  // "github.com/a/b@v1.2.3"
  static std::optional<ModuleVersion> parse(std::string_view at);
  // From the names in the cache: "github.com/!burnt!sushi/toml", "v1.3.2".
  static std::optional<ModuleVersion> unescape(std::string_view path, std::string_view version);

  const std::string& path() const { return path_; }
  const std::string& version() const { return version_; }
  std::string str() const { return path_ + "@" + version_; }
  std::string escaped_path() const;
  std::string escaped_version() const;

  auto operator<=>(const ModuleVersion&) const = default;

 private:
  ModuleVersion(std::string path, std::string version)
      : path_(std::move(path)), version_(std::move(version)) {}
  std::string path_;
  std::string version_;
};

bool is_module_path(std::string_view path);      // module.CheckPath
std::string escape_path(std::string_view path);  // module.EscapePath, of one that is
bool is_import_path(std::string_view path);      // module.CheckImportPath
bool is_canonical_version(
    std::string_view version);  // semver.Canonical(v) == v, or with +incompatible

// module.MatchPrefixPatterns: does one of the comma-separated globs (GOPRIVATE, GONOPROXY,
// GONOSUMDB) match leading elements of the module path? "none" matches nothing that is a module
// path.
bool match_prefix_patterns(std::string_view globs, std::string_view path);

}  // namespace recovery

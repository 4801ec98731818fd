#pragma once
// Where things lie: the one file that knows the names in GOMODCACHE, GOCACHE and GOPATH/pkg/sumdb.
// Paths are relative to their root, in the escaped form.
//
// Source of truth: cmd/go/internal/modfetch/cache.go (CachePath, DownloadDir), modindex/read.go
// (moduleHash), cmd/go/internal/cache. Example: download_file({github.com/BurntSushi/toml v1.3.2},
// ".zip") ==
//          "cache/download/github.com/!burnt!sushi/toml/@v/v1.3.2.zip"

#include <optional>
#include <string>
#include <string_view>

#include "recovery/go/module_version.hpp"

namespace recovery {

std::string download_dir(const ModuleVersion& m);  // …/@v
std::string download_file(
    const ModuleVersion& m,
    std::string_view ext);  // ".info" ".mod" ".zip" ".ziphash" ".lock" ".partial"
std::string list_file(const ModuleVersion& m);  // …/@v/list
std::string tree_dir(const ModuleVersion& m);   // github.com/!burnt!sushi/toml@v1.3.2

// The answer of a checksum database about it, once go has verified that.
std::string record_file(std::string_view database, const ModuleVersion& m);

// gomend's own corner of the module cache: no place that go, or a reader of cache/download as a
// GOPROXY, looks at.
inline constexpr std::string_view own_dir = "cache/gomend";

// What an absolute path that go printed names: a module version, and the rest of the path behind
// its tree ("inner/a.go") or the extension of its download file (".zip"). nullopt for everything
// that is not in `cache_root`, or not well-formed.
struct Located {
  ModuleVersion module;
  std::string in_tree;    // relative to the tree; empty for the tree itself
  std::string extension;  // of a file in cache/download; empty for a tree
};
std::optional<Located> locate(std::string_view cache_root, std::string_view absolute_path);

// GOCACHE entry of a tree's module index, "3f/3f…-a", for the toolchain that `go env GOVERSION`
// names.
std::string index_entry(std::string_view go_version, std::string_view absolute_tree);

// Lexical path.Clean of an absolute path; nullopt if it is not absolute or holds a NUL.
std::optional<std::string> clean_path(std::string_view path);

}  // namespace recovery

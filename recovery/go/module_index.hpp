#pragma once
// go's index of a module's packages, one entry in GOCACHE for each extracted tree and toolchain. It
// is built once and never again: a tree that lost a file and was indexed meanwhile stays broken
// after the tree is restored, until this entry goes. Read only; whoever decides to remove it does.
//
// Source of truth: cmd/go/internal/modindex/{read,write,scan}.go (encodeModuleBytes: little-endian
// uint32 offsets, a table of uvarint-prefixed strings), cmd/go/internal/cache (an -a file: "v1
// <action> <output> <size> <time>").

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/os/root.hpp"

namespace recovery {

struct IndexedFile {
  std::string name;        // "inner/inner.go", relative to the tree
  bool has_error = false;  // reading or parsing it failed when the index was made
  bool operator==(const IndexedFile&) const = default;
};

struct ModuleIndex {
  std::vector<IndexedFile> files;
  std::vector<std::string> directories;  // "" for the root
  bool has_error = false;                // a directory could not be read
};

// nullopt when the bytes are no index of a format that is known ("go index v1", "go index v2").
std::optional<ModuleIndex> decode_module_index(std::string_view bytes);

// Why an index entry does not fit the tree that lies there now.
enum class IndexFit {
  none,     // there is no entry (or its object is gone): go makes one
  fits,     // it names the files that are there, none with an error
  errors,   // it names them, and remembers an error in one: the tree's honest fault, or a damage
            // that was
  stale,    // it lacks files or directories that are there, or names some that are not
  rotten,   // its object is not what its name, a SHA-256, says; or it is no index at all
  unknown,  // it can't be read
};

// Must the entry go? One that remembers an error may tell the truth, unless what go said points
// here.
bool is_cause(IndexFit fit, bool is_suspect);

// `tree_files` are names relative to the tree. `entry` is layout's index_entry(), relative to
// GOCACHE.
IndexFit check_index(const Root& build_cache, const std::string& entry,
                     const std::vector<std::string>& tree_files);

}  // namespace recovery

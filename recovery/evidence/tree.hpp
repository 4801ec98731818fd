#pragma once
// An extracted tree as it lies there, and where it differs from the zip that it came from.
//
// Source of truth: golang.org/x/mod/zip for what a tree has of its zip (all of it).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recovery/go/h1.hpp"
#include "recovery/go/module_version.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

// Read once: everything in it but directories, relative to it.
struct TreeFile {
  Kind kind = Kind::absent;
  bool is_readable = false;  // its mode lets the owner read it (and run it, if it is go's to run)
  bool is_executable = false;
  std::string sha256;  // hex; empty when it is no regular file, or nobody can read it
};
struct Tree {
  std::map<std::string, TreeFile> files;
  std::map<std::string, bool> directories;  // can it be read? "" is the tree itself
};
Tree read_tree(const Root& cache, const ModuleVersion& m);

// SHA-256 of each file under its name in the zip; nullopt when something in the tree can't be read
// or is no regular file (then no h1 can be right).
std::optional<FileHashes> hashes_of(const Tree& tree, const ModuleVersion& m);

// A file of an extracted tree that is not as in the zip.
struct TreeFault {
  enum class Kind { missing, changed, extra, unreadable };
  std::string name;  // relative to the tree
  Kind kind = Kind::changed;
  bool operator==(const TreeFault&) const = default;
};

// Where the tree differs from `files` (name in zip -> SHA-256). Of a directory that does not belong
// there only the directory is told, not what is in it.
std::vector<TreeFault> compare_tree(const Tree& tree, const ModuleVersion& m,
                                    const FileHashes& files);

// Names of the files in a tree, relative to it; nothing is read.
std::vector<std::string> tree_files(const Root& cache, const ModuleVersion& m);

// Takes out of a toolchain's tree what go has put there, so that it compares with the zip; and
// tools that can't be run, in a tree that go has completed, count as unreadable.
void undo_completion(Tree& tree);

}  // namespace recovery

#pragma once
// Evidence: what lies in the module cache for one module version, held against what it should be.
// Reads only. The truth is, in this order: the go.sum that go used, the checksum database's record
// in the cache, what the majority of ziphash, zip and tree agree on (a module that nobody recorded
// anywhere).
//
// Source of truth: cmd/go/internal/modfetch/fetch.go and cache.go for which artefact go reads when;
// matrix rows for what go does about each kind of damage.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "recovery/go_mod.hpp"
#include "recovery/h1.hpp"
#include "recovery/module_version.hpp"
#include "recovery/root.hpp"

namespace recovery {

enum class Health {
  absent,      // go fetches or makes it again by itself
  sound,       // its bytes are right
  broken,      // its bytes are wrong, or something else stands in its place
  unreadable,  // there, but this user may not read it
  unchecked,   // there; nobody looked inside
};

// A file of an extracted tree that is not as in the zip.
struct TreeFault {
  enum class Kind { missing, changed, extra, unreadable };
  std::string name;  // relative to the tree
  Kind kind = Kind::changed;
  bool operator==(const TreeFault&) const = default;
};

struct Expected {
  std::set<std::string> zip;  // h1 lines; usually one
  std::set<std::string> go_mod;
  enum class By { nothing, go_sum, sumdb } by = By::nothing;
};

struct ModuleState {
  explicit ModuleState(ModuleVersion m) : module(std::move(m)) {}

  ModuleVersion module;
  Expected expected;
  std::string truth;     // the h1 that zip, ziphash and tree must have; empty: nobody knows
  std::string obstacle;  // what stands where a directory of this module should be
  Health zip = Health::absent;
  Health ziphash = Health::absent;
  Health go_mod = Health::absent;
  Health info = Health::absent;
  Health lock = Health::absent;
  Health partial = Health::absent;
  Health list = Health::absent;
  Health tree = Health::absent;
  std::string zip_h1;  // empty: not computed, or no zip that can be read
  std::string tree_h1;
  std::string ziphash_text;            // what the file says, if it is an h1
  std::vector<TreeFault> tree_faults;  // filled when a good zip tells what belongs there
  long long newest_change_ns = 0;      // ctime of the youngest broken artefact

  bool broken() const;
  bool unreadable() const;
  bool present() const {
    return tree != Health::absent || zip != Health::absent || ziphash != Health::absent;
  }
};

enum class Depth {
  facts,       // presence, types, small files: no zip and no tree is read
  used,        // and what go reads: the tree, or the zip where there is no tree
  everything,  // and the zip beside a tree too
};

ModuleState inspect(const Root& cache, const ModuleVersion& m, const Expected& expected,
                    Depth depth);

// An extracted tree as it lies there, read once: everything in it but directories, relative to it.
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

// Where the tree differs from `files` (name in zip -> SHA-256). Of a directory that does not belong
// there only the directory is told, not what is in it.
std::vector<TreeFault> compare_tree(const Tree& tree, const ModuleVersion& m,
                                    const FileHashes& files);

// Names of the files in a tree, relative to it; nothing is read.
std::vector<std::string> tree_files(const Root& cache, const ModuleVersion& m);

// What the cached record of the checksum database says, if it has one; not verified here: go does
// that.
Expected sumdb_record(const Root& cache, const std::string& gosumdb, const ModuleVersion& m);

// One canonical version a line: what cache/download/M/@v/list may hold.
bool is_version_list(const std::string& bytes);

// Is the go.mod in its zip, if there is one, the one that go takes? (Of a version that is
// +incompatible go makes one up, and a toolchain has none.)
bool holds_its_go_mod(const ModuleVersion& m);

// A well-formed .info, but of another version: go would believe it.
bool would_mislead(std::string_view json, const ModuleVersion& m);

// True if this is a well-formed .info of that version.
bool is_info_of(std::string_view json, const ModuleVersion& m);

}  // namespace recovery

#pragma once
// go.mod, go.work and go.sum, read as far as gomend needs them: which module versions are named,
// and which hashes are recorded. Never written. A torn file gives what can be read of it: go itself
// says what is wrong with it.
//
// Source of truth: golang.org/x/mod/modfile; cmd/go/internal/modfetch/fetch.go (readGoSum).
// Example line of go.sum: "github.com/a/b v1.2.3/go.mod h1:…="

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/module_version.hpp"

namespace recovery {

// The lines of a go.mod that name module versions; replacements are resolved.
struct GoMod {
  std::set<ModuleVersion> needed;  // required (or what replaces it), in the cache
  std::string module;              // its own path
};
GoMod parse_go_mod(std::string_view text);

// Each line of a go.mod or go.work, blocks taken apart: {"require", {"github.com/a/b", "v1.2.3"}}.
struct Directive {
  std::string name;
  std::vector<std::string> words;  // behind it, without the comment
};
std::vector<Directive> read_directives(std::string_view text);

// Absolute directories of the modules that a go.work uses.
std::vector<std::string> work_modules(const std::string& go_work_file);

// h1 by module version, from several files; a version may have more than one line (go then wants
// all to agree).
struct GoSums {
  std::map<ModuleVersion, std::set<std::string>> zip;     // "M V h1:…"
  std::map<ModuleVersion, std::set<std::string>> go_mod;  // "M V/go.mod h1:…"
  void add(std::string_view text);
};

}  // namespace recovery

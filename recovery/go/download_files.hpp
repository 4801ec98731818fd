#pragma once
// The small files of cache/download, and whether go would believe them.
//
// Source of truth: cmd/go/internal/modfetch/cache.go.

#include <string>
#include <string_view>

#include "recovery/go/module_version.hpp"

namespace recovery {

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

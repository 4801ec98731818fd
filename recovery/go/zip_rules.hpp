#pragma once
// What a module zip may hold, by go's own rules: go unpacks no other, so none is sound, and none
// gives a tree its files. Names only; sizes are ZipFile's.
//
// Source of truth: golang.org/x/mod/zip (checkZip), golang.org/x/mod/module (CheckFilePath).
// Two things are not told apart here: which characters beyond ASCII are letters, and names that
// differ in the case of such.

#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/module_version.hpp"
#include "recovery/go/zip.hpp"

namespace recovery {

// Why go would not unpack it: "multiple entries for a.go"; empty: it would.
std::string fault_in_names(const std::vector<ZipEntry>& entries, const ModuleVersion& m);

// A clean relative path of names that every system can have: "inner/a.go".
bool is_file_path(std::string_view path);

}  // namespace recovery

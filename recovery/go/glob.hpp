#pragma once
// Go's path.Match: the globs of GOPRIVATE, GONOPROXY and GONOSUMDB. fnmatch(3) differs in small
// things ("[!a]", "[]a]", classes by name), and a private module's name must not depend on them.
//
// Source of truth: path/match.go. Example: glob_match("*.corp.example", "git.corp.example")

#include <string_view>

namespace recovery {

// True if the glob matches all of the name; false for a malformed glob, too. By bytes: names are
// ASCII.
bool glob_match(std::string_view glob, std::string_view name);

}  // namespace recovery

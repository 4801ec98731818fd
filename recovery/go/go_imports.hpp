#pragma once
// The import declarations of a Go file, by Go's own grammar: comments (a cgo preamble is one), raw
// and interpreted strings, semicolons that a line's end stands for, factored blocks, local names,
// dot and blank. Ends at the first other declaration, or where it is no Go. Source of truth: the Go
// specification, "Import declarations" and "Semicolons".
//
// Example: `package p; import ("testing"; x "example.com/dep")` has {"", "testing"} and
// {"x", "example.com/dep"}.

#include <string>
#include <string_view>
#include <vector>

namespace recovery {

struct GoImport {
  std::string name;  // as written: "x", ".", "_"; empty for none
  std::string path;
};

std::vector<GoImport> read_go_imports(std::string_view source);

}  // namespace recovery

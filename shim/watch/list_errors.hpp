#pragma once
// The errors that `go list -e -json` puts into its data: with -e it ends with success, and says
// there which packages could not be loaded or built. All tools on golang.org/x/tools/go/packages
// (gopls, linters, generators) ask that way. Source of truth: `go help list`, "type PackageError",
// "type ModuleError"; MarshalIndent gives each field a line of its own.
//
// Example: "Pos": "a.go:9:2", "Err": "unzip /m/…" is "a.go:9:2: unzip /m/…\n".

#include <string>
#include <string_view>

namespace shim {

// As go would print them without -e, each once; "" when there is none. Costs one search then.
std::string list_errors_text(std::string_view json);

}  // namespace shim

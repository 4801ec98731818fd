#pragma once
// The quick look at what `go test` says while it runs: is it worth stopping go for? The rules
// decide, and only those whose remedy is a repair; harmless chatter does not even reach them.
//
// Example: "x.go:9:2: unzip …/v1.1.0.zip: zip: not a valid zip file" is worth a look.

#include <string_view>

namespace shim {

// False for "go: downloading …" and the like. Cheap: no rule is compiled.
bool more_than_chatter(std::string_view text);

bool suspect(std::string_view text);

}  // namespace shim

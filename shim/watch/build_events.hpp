#pragma once
// The events of `go build|install|test -json` (Go 1.24 and later; `go test -json` of all versions),
// one JSON object a line, as far as they tell what failed before any test began. Sources of truth:
// `go help buildjson`, cmd/test2json.
//
// Example: {"ImportPath":"github.com/a/b","Action":"build-output","Output":"x.go:9:2: unzip …\n"}

#include <optional>
#include <string>
#include <string_view>

namespace shim {

struct BuildEvent {
  std::string action;       // "build-output", "build-fail", "start", "output", "fail", …
  std::string import_path;  // of build events
  std::string package;      // of test events
  std::string test;         // of test events about one test; else ""
  std::string output;
};

// Absent: not an event.
std::optional<BuildEvent> parse_event(std::string_view line);

// The text of all build-output events among these lines: what would stand on stderr without -json.
std::string build_output_text(std::string_view lines);

}  // namespace shim

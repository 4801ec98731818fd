#pragma once
// What of a module version differs: between what was recorded (go.sum, the ziphash, the checksum
// database's cached record), what lies in the cache, and what each source serves now. For who wants
// to know what an alarm is about before he believes anybody.
//
// What a source serves is fetched by go into a stage and only looked at, so there, and only there,
// nothing is verified: no byte of it comes near the cache. Which sources may be asked is decided as
// for a repair (sources.hpp): a private name goes nowhere new.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recovery/go/module_version.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

struct Served {
  std::string name;                 // "go.sum", "ziphash", "proxy.example.com"
  std::vector<std::string> zip;     // h1; of go.sum there may be more than one
  std::vector<std::string> go_mod;  // h1
  std::string error;                // why there is none
};

struct FileChange {
  std::string source;   // who serves it
  std::string against;  // "the cached zip", "the quarantined zip (20260102T030405Z-4711)"
  std::string name;     // in the module: "inner/a.go"
  std::optional<std::uint64_t> before, after;  // bytes; absent: there is no such file
};

struct Difference {
  std::vector<Served> recorded;  // and what is cached
  std::vector<Served> sources;
  std::vector<FileChange> files;
  enum class Verdict { same, differs, unknown } verdict = Verdict::unknown;
};

Difference compare(const Request& request, const ModuleVersion& m);

}  // namespace recovery

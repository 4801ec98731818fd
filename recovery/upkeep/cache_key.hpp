#pragma once
// The name under which a CI keeps go's caches: it changes when what go would cache changes, and
// with nothing else. Made from text alone, before anything is cached: no network, no module is
// loaded, no toolchain fetched.
//
//   what decides: the toolchain that will run here (a fetched one by its name, the local one by its
//   tools' bytes: two that call themselves go1.26.8 may differ); GOOS, GOARCH and that
//   architecture's level; GOEXPERIMENT, GOFIPS140, the flags in GOFLAGS that change what is
//   compiled; with cgo the C compilers, their flags and the system whose headers they read; the
//   build list: what the go.mods and go.work say, and the lines of their sums
//   what does not: order, comments, retract lines and layout of these files; a flag like -v; where
//   modules come from; where anything lies; the sources
//
// Source of truth: cmd/go/internal/work/exec.go (buildActionID), `go help environment`.
//
// Example: gomend-linux-amd64-go1.26.8-5d41402abc4b-2026W48-7d793037a0760186574b0282

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "recovery/settings/request.hpp"

namespace recovery {

enum class Period { none, day, week, month };

// "20261128", "2026W48" (as ISO 8601 counts weeks), "202611", all in UTC; "" of none.
std::string period_name(Period period, std::time_t now);

struct CacheKey {
  std::string key;      // letters, digits, '.', '-' and '_'; well below the 512 that CIs allow
  std::string restore;  // the key up to its last '-': what the same toolchain has left before
  std::vector<std::pair<std::string, std::string>> parts;  // what it was made from
};

// Throws std::runtime_error where there is no module or workspace, or one that can't be read.
CacheKey cache_key(const Request& request, const std::string& period);

// The flags of GOFLAGS that change what is compiled, as they count: "-race -tags=a".
std::string compiling_flags(const std::string& goflags);

// The toolchain that go will fetch for these lines: "go1.99.1"; empty: the local one, whose
// version is `local`, does.
std::string fetched_toolchain(const std::string& gotoolchain, const std::string& local,
                              const std::string& go_line, const std::string& toolchain_line);

}  // namespace recovery

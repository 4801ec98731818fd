#pragma once
// What counts for this command: go's own answer to `go env` (environment, go/env file and go.env of
// the toolchain taken together by go itself), the flags of the command that change which go.sum is
// used, and the user's settings of gomend.
//
// Source of truth: `go help environment`, `go help modules`; cmd/go/internal/modload/init.go for
// which go.sum is used.

#include <string>
#include <vector>

#include "recovery/settings/keep.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

struct Settings {
  std::string mod_cache;      // GOMODCACHE, absolute
  std::string build_cache;    // GOCACHE; "off" or empty when there is none
  std::string cache_program;  // GOCACHEPROG: no entry can be reached then
  std::string go_path;        // first entry of GOPATH
  std::string go_version;     // "go1.26.8"
  std::string proxy;          // GOPROXY
  std::string sumdb;          // GOSUMDB
  std::string no_sumdb;       // GONOSUMDB
  std::string no_proxy;       // GONOPROXY
  std::string go_private;     // GOPRIVATE
  std::string go_mod;    // the main module's go.mod; empty outside a module, /dev/null likewise
  std::string go_work;   // go.work; empty unless in workspace mode
  std::string flags;     // GOFLAGS
  std::string go_root;   // GOROOT of the toolchain that answered
  std::string platform;  // what it runs on: "linux-amd64"
  std::string env_file;  // GOENV: what `go env -w` writes; "off" when there is none
  std::string auth;      // GOAUTH; empty before Go 1.24

  Keep keep;  // of what repairs replace in mod_cache

  std::vector<std::string>
      mod_files;  // every go.mod whose requirements count (with -modfile: that file)
  std::vector<std::string> sum_files;  // every go.sum that go used, in the order in which it looks
  bool is_vendored = false;            // packages come from vendor/, not from the module cache
  bool ignores_main_module =
      false;  // `go run P@V`, `go install P@V`: no go.sum of the user's is used
};

// From go_mod, go_work and flags to the files that count.
void find_files(const Request& request, Settings& settings);

// Asks `go env -json`, once. Throws std::runtime_error when go does not answer.
Settings read_settings(const Request& request);

// The value of a flag of the command line or GOFLAGS ("modfile"); empty if not given.
std::string flag_value(const Request& request, const std::string& goflags, const std::string& name);

}  // namespace recovery

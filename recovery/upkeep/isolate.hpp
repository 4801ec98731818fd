#pragma once
// Caches of a project's own, with the user's as a source that is only read: GOMODCACHE and GOCACHE
// below gomend's state directory, and GOPROXY begins with the module cache that was there before,
// as the file:// tree that each module cache is (cache/download). What comes from it is checked as
// what comes from any proxy: go.sum, checksum database; GONOSUMDB, GOPRIVATE and the like stay as
// they are, and what GONOPROXY covers is not asked for there.
//
// Behind it stands a pipe, so that whatever is wrong with a file there, the user's own list is
// asked next, as if there had been no such source; its commas and pipes are as he wrote them, so no
// name goes where it would not have gone.
//
// Source of truth: `go help goproxy`. Example of a GOPROXY:
// "file:///home/me/go/pkg/mod/cache/download|https://proxy.example.com,direct"

#include <optional>
#include <string>
#include <vector>

#include "recovery/settings/request.hpp"

namespace recovery {

struct Variable {
  std::string name;
  std::optional<std::string> value;  // absent: it is to be unset
};

struct Isolation {
  std::string directory;  // of the project's own caches; made, and nobody else's
  std::string shared;     // the module cache that is read
  std::vector<Variable> variables;
};

enum class Place { state_directory, project };

// For the module or workspace that request.dir lies in, or that directory alone. In the project:
// in a directory that go and git pass by. Throws std::runtime_error.
Isolation isolate(const Request& request, Place place);

// The way back, from the environment as isolate() made it; empty: it is not isolated.
std::vector<Variable> way_back(const std::vector<std::string>& env);

std::string file_url(const std::string& absolute_path);

}  // namespace recovery

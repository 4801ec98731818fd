#pragma once
// Every `go` on PATH, gomends among them, in order. Entries that are no absolute path are passed
// over, as go itself does.

#include <string>
#include <vector>

namespace shim {

struct OnPath {
  std::string path;
  bool is_gomend = false;
  bool is_link = false;
};

std::vector<OnPath> gos_on_path(std::string path);
bool has_relative_entry(std::string path);  // an empty one is the working directory

}  // namespace shim

#include "shim/companion/install/gos_on_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "shim/invocation/real_go.hpp"

namespace shim {
namespace {

std::vector<std::string> entries_of(std::string path) {
  std::vector<std::string> entries;
  while (!path.empty()) {
    const std::size_t end = path.find(':');
    entries.push_back(path.substr(0, end));
    path = end == path.npos ? "" : path.substr(end + 1);
  }
  return entries;
}

}  // namespace

std::vector<OnPath> gos_on_path(std::string path) {
  std::vector<OnPath> found;
  for (const std::string& dir : entries_of(std::move(path))) {
    const std::string file = dir + "/go";
    struct stat st;
    if (!dir.starts_with("/") || stat(file.c_str(), &st) != 0 || !S_ISREG(st.st_mode) ||
        access(file.c_str(), X_OK) != 0)
      continue;
    const bool is_link = lstat(file.c_str(), &st) == 0 && S_ISLNK(st.st_mode);
    found.push_back({file, is_gomend(file.c_str()), is_link});
  }
  return found;
}

bool has_relative_entry(std::string path) {
  for (const std::string& dir : entries_of(std::move(path))) {
    if (!dir.starts_with("/")) return true;
  }
  return false;
}

}  // namespace shim

#include "recovery/os/scoped_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace recovery {

ScopedDirectory::ScopedDirectory(const std::string& path, const std::string& home) {
  std::vector<std::string> missing;  // innermost first
  struct stat st;
  for (std::string dir = path; dir.size() > 1 && ::stat(dir.c_str(), &st) != 0;) {
    if (errno != ENOENT || dir == home)
      throw std::system_error(errno, std::generic_category(), dir);
    missing.push_back(dir);
    dir.resize(dir.rfind('/') == std::string::npos ? 0 : dir.rfind('/'));
  }
  for (auto dir = missing.rbegin(); dir != missing.rend(); ++dir) {
    if (::mkdir(dir->c_str(), 0777) == 0) {
      made_.push_back(*dir);
    } else if (errno != EEXIST) {
      throw std::system_error(errno, std::generic_category(), *dir);
    }
  }
}

ScopedDirectory::~ScopedDirectory() {
  for (auto dir = made_.rbegin(); dir != made_.rend(); ++dir) {
    if (::rmdir(dir->c_str()) != 0) return;
  }
}

}  // namespace recovery

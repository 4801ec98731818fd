#include "recovery/os/trusted_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"

namespace recovery {

namespace {

// Behind all links; empty: there is nothing.
std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  const std::string real = resolved == nullptr ? "" : resolved;
  std::free(resolved);
  return real;
}

}  // namespace

std::string user_config_dir(const std::vector<std::string>& env) {
  std::string home = env_value(env, "XDG_CONFIG_HOME");
  if (home.empty()) home = env_value(env, "HOME") + "/.config";
  return home.starts_with("/") ? home + "/gomend" : std::string();
}

std::optional<std::string> trusted_path(const std::string& path, const std::string& project,
                                        std::string& why) {
  why.clear();
  const std::string real = real_path(path);
  struct stat st;
  if (real.empty() || ::stat(real.c_str(), &st) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) why = std::strerror(errno);
    return std::nullopt;
  }
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
    why = "not a regular file";
  else if ((st.st_uid != 0 && st.st_uid != ::geteuid()) || (st.st_mode & 022) != 0)
    why = "writable by others";
  else if (!project.empty() && real.starts_with(real_path(project) + "/"))
    why = "inside the project";
  return why.empty() ? std::optional(real) : std::nullopt;
}

std::string project_around(std::string dir) {
  std::string outermost;
  for (; !dir.empty(); dir = directory_of(dir)) {
    if (exists(dir + "/go.mod") || exists(dir + "/go.work")) outermost = dir;
  }
  return outermost;
}

}  // namespace recovery

#include "recovery/os/env.hpp"

#include <unistd.h>

#include <algorithm>

namespace recovery {

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  std::erase_if(env, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  env.push_back(name + "=" + value);
}

std::string env_value(const std::vector<std::string>& env, const std::string& name) {
  for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
    if (entry->starts_with(name + "=")) return entry->substr(name.size() + 1);
  }
  return {};
}

std::string program_on_path(const std::vector<std::string>& env, const std::string& name) {
  const std::string path = env_value(env, "PATH");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (candidate.starts_with("/") && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

}  // namespace recovery

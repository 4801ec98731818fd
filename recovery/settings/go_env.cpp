#include "recovery/settings/go_env.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "recovery/os/fd.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_settings = 1 << 20;  // bytes of an env file that are read

using Variable = std::function<std::string(const std::string&)>;

std::string env_file(const Variable& variable) {
  if (const std::string named = variable("GOENV"); !named.empty())
    return named == "off" ? "" : named;
  if (const std::string config = variable("XDG_CONFIG_HOME"); !config.empty())
    return config + "/go/env";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.config/go/env";
}

std::string read_file(const std::string& path) {
  std::string text;
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  char buffer[4096];
  while (file && text.size() < most_settings) {
    const ssize_t n = read(file.get(), buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

std::string go_setting(const std::string& name, const Variable& variable) {
  if (const std::string value = variable(name); !value.empty()) return value;
  const std::string path = env_file(variable);
  const std::string text = path.empty() ? "" : read_file(path);
  std::string value;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    if (line.starts_with(name + "=")) value = line.substr(name.size() + 1);
  }
  return value;
}

std::string go_setting(const std::string& name) {
  return go_setting(name, [](const std::string& variable) {
    const char* value = ::getenv(variable.c_str());
    return std::string(value == nullptr ? "" : value);
  });
}

}  // namespace recovery

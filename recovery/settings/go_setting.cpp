#include "recovery/settings/go_setting.hpp"

#include <sstream>

#include "recovery/go/go_flags.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

std::string GoSetting::where() const {
  switch (from) {
    case From::environment:
      return "the environment";
    case From::env_file:
      return "go's env file";
    case From::toolchain:
      break;
  }
  return "go's default";
}

std::string GoSetting::undone(const std::string& command) const {
  if (from == From::environment) return "env -u " + name + " " + command;
  return "go env -u " + name;
}

GoSetting go_setting(const Request& request, const Settings& settings, const std::string& name) {
  if (const std::string value = env_value(request.env, name); !value.empty())
    return {name, value, GoSetting::From::environment};
  std::istringstream lines(settings.env_file.starts_with("/") ? read_text_file(settings.env_file)
                                                              : std::string());
  GoSetting setting{name, "", GoSetting::From::toolchain};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + "=") && line.size() > name.size() + 1)
      setting = {name, line.substr(name.size() + 1), GoSetting::From::env_file};
  }
  return setting;
}

std::string command_line(const Request& request) {
  std::string command = "go";
  for (std::size_t i = 1; i < request.argv.size(); ++i) command += " " + quoted(request.argv[i]);
  return command;
}

std::string in_same_place(const Request& request, const std::string& verb_and_arguments) {
  const std::string dir = read_command_line(request.argv).dir;
  return "go " + (dir.empty() ? "" : "-C " + quoted(dir) + " ") + verb_and_arguments;
}

}  // namespace recovery

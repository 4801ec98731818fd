#pragma once
// Where a setting of go's stands, and how to do without it; and the user's command as he would type
// it. For advice only: values may hold passwords, and are never printed.
//
// Source of truth: `go help environment` (the environment, then the file that `go env GOENV` names,
// then go.env of the toolchain; an empty variable counts as none).

#include <string>

#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

struct GoSetting {
  enum class From { environment, env_file, toolchain };
  std::string name;
  std::string value;  // as written there; empty if `from` is the toolchain
  From from = From::toolchain;

  std::string where() const;  // "the environment", "go's env file", "go's default"

  // "env -u GOPROXY go build ./...", or, if `go env -w` has set it, "go env -u GOPROXY".
  std::string undone(const std::string& command) const;
};

GoSetting go_setting(const Request& request, const Settings& settings, const std::string& name);

// "go build ./...", quoted for a shell where that is needed.
std::string command_line(const Request& request);

// "go mod tidy", with the -C of the user's command.
std::string in_same_place(const Request& request, const std::string& verb_and_arguments);

}  // namespace recovery

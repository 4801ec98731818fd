#pragma once
// One of go's own settings as go would see it without running go: the environment, else Go's env
// file ($GOENV, else os.UserConfigDir()/go/env, written by `go env -w`). Source of truth:
// cmd/go/internal/cfg/cfg.go (initEnvCache). Not for settings that go computes or takes from
// GOROOT/go.env.

#include <functional>
#include <string>

namespace recovery {

// `variable`: gives a variable of the environment, "" when it is not set. "" when the setting is
// not set.
std::string go_setting(const std::string& name,
                       const std::function<std::string(const std::string&)>& variable);

// The same of this process's own environment.
std::string go_setting(const std::string& name);

}  // namespace recovery

#pragma once
// One of go's own settings as go would see it without running go: the environment, else Go's env
// file ($GOENV, else os.UserConfigDir()/go/env, written by `go env -w`). Source of truth:
// cmd/go/internal/cfg/cfg.go (initEnvCache). Not for settings that go computes or takes from
// GOROOT/go.env.
//
// Example: go_setting("GOFLAGS") is "-mod=mod -race".

#include <string>

namespace shim {

std::string go_setting(const std::string& name);  // "" when it is not set

}  // namespace shim

#pragma once
// A Go toolchain that lies in the module cache (golang.org/toolchain@v0.0.1-go1.21.13.linux-amd64):
// a module like any other, but go itself changes its tree once it is extracted. What must be run is
// made executable, and each _go.mod (a zip can't hold nested modules) is copied to go.mod beside
// it.
//
// Source of truth: cmd/go/internal/toolchain/select.go (Exec).

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "recovery/go/module_version.hpp"

namespace recovery {

bool is_toolchain(const ModuleVersion& m);

// "go1.21.13", "linux-amd64": the module that holds it; nullopt unless both are well-formed.
std::optional<ModuleVersion> toolchain_module(std::string_view go_version,
                                              std::string_view platform);

// "1.21.13", "go1.26.8", "1.22rc1" -> {1, 21, 13}; a release candidate is older than its release,
// which matters to nobody here.
std::array<int, 3> go_number(std::string_view text);

// True for what go makes executable: bin, pkg/tool, and the runners in lib.
bool must_be_executable(std::string_view name_in_tree);

}  // namespace recovery

#pragma once
// The states that beds are copied from, per Go version: made by the real go through a proxy of
// ours, kept in the work directory until the world or this code changes.
//
// Example: copy_tree(pristine(go) / "mod", bed.gomodcache);

#include <filesystem>

#include "tests/bed/gos.hpp"
#include "tests/bed/process.hpp"

namespace tests {

/// Has mod/ (GOMODCACHE), std/ (GOCACHE) and app/ (the project with its go.sum). Takes a minute
/// when made with a Go that brings no compiled standard library (1.20 and later), nothing later on.
[[nodiscard]] std::filesystem::path pristine(const Go& go);

/// What every go command of the tests gets; the caller adds PATH, GOPROXY and where the caches are.
[[nodiscard]] Env base_env();

}  // namespace tests

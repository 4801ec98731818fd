#pragma once
// Entries of the build cache that go has not used for so many days, by the mtime that go itself
// trims by. Source of truth: cmd/go/internal/cache/cache.go (trimSubdir).

#include "recovery/upkeep/prune.hpp"

namespace recovery {

Pruned::Item prune_build_cache(const Root& build_cache, int days, Rehearsal rehearsal);

}  // namespace recovery

#pragma once
// The disk's half of the way through the house, in one call each: from what go said (text) to a
// cache that is sound again. It knows nothing of processes, terminals or retries: whoever calls has
// run go, and decides what to do next.
//
//   look     inspects only: no lock, no fetch, no write. For `go test`, where go is stopped while
//   we look. recover  inspects, plans, stages, verifies, swaps, under go's own locks; says in words
//   what it did.
//
// Both may start `go env` quietly; only recover starts `go mod download` in a staging directory,
// and only after a finding on the disk (or a source's fault) calls for it. Throws std::exception
// for gomend's own failures: the caller then ends as go did.

#include <set>

#include "recovery/go/module_version.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

// True if what `request.text` points to is broken on the disk and recover() would try to mend it.
bool look(const Request& request);

// True if it tells of an outage, and the cache lacks a module of the build that it names. Reads
// only.
bool lacks(const Request& request);

Outcome recover(const Request& request);

// For `gomend verify`: nothing has failed; these modules are looked at, everything of them. With
// advise_only it says what is broken, else it is mended as recover() would. `typed`: the user has
// named them himself, or the whole cache; else his files have.
Outcome check_modules(const Request& request, const std::set<ModuleVersion>& modules, bool typed);

}  // namespace recovery

#pragma once
// The hashes that go.sum or the checksum database names for a module version, and the records of
// the database that lie in a cache.
//
// Source of truth: golang.org/x/mod/sumdb/client.go (the cache's lookup files).

#include <set>
#include <string>
#include <string_view>

#include "recovery/go/module_version.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

// Only what may be relied on: lines of go.sum, and verified answers of the checksum database.
struct Expected {
  std::set<std::string> zip;  // h1 lines; usually one
  std::set<std::string> go_mod;
  enum class By { nothing, go_sum, sumdb } by = By::nothing;
};

// What a record of the checksum database (a file .../lookup/M@V) says of it; neither its signature
// nor the tree is looked at. Of one in the cache: anybody may have put it there, so it is a reason
// to ask, and no more (policy/acceptance).
Expected recorded_in(std::string_view text, const ModuleVersion& m);
Expected read_record(const Root& root, const std::string& file, const ModuleVersion& m);
Expected unverified_record(const Root& cache, const std::string& gosumdb, const ModuleVersion& m);

}  // namespace recovery

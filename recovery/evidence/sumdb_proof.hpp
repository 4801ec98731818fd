#pragma once
// Does the checksum database really say that? A record in the cache is proven as go proves it, and
// without a network: by a tree head that the database's key has signed, and by the tiles in the
// cache, which lead from the record to the hash of that tree. What can't be proven counts as never
// said; it may be right all the same, but anybody may have written it.
//
// Source of truth: golang.org/x/mod/sumdb/client.go (checkRecord), note, tlog (TileHashReader). The
// key is GOSUMDB's; of a database that go knows by name it is the one that this go knows,
// GOROOT/src/cmd/go/internal/modfetch/key.go.

#include <string>
#include <string_view>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

// What the record in the cache says, if it is proven; else nothing.
Expected proven_record(const Root& cache, const Settings& settings, const ModuleVersion& m);

// "sum.example.org+0123abcd+BASE64", the key that GOSUMDB means; empty: it is not known here.
std::string sumdb_key(const Settings& settings);

// "TEXT\n\n— NAME BASE64\n": is there a signature by that key below?
bool is_signed_note(std::string_view note, std::string_view key);

}  // namespace recovery

#pragma once
// The taxonomy: every class of failure that a rule can tell. What is decided by it is decided by
// the enumerator; the id is what rule files, JSON and the journal have.
//
// Example: FailureClass::zip_corrupt is "cache/zip-corrupt", of Family::cache.

#include <cstdint>
#include <optional>
#include <string_view>

namespace patterns {

enum class Family : std::uint8_t {
  checksum,   // go.sum, and the checksum database
  cache,      // what lies in GOMODCACHE and GOCACHE
  revision,   // a version that its source does not have
  module,     // what nothing provides, or may not be looked up
  network,    // the way to a source
  auth,       // who may read it
  gomod,      // the project's own files
  toolchain,  // the go that go.mod asks for
  other,      // the user's own: hands off
  none,       // no class of gomend's
};

enum class FailureClass : std::uint8_t {
  none,  // no words of go's
  user,  // "user/NAME": of a rule of the user's own
  gosum_mismatch,
  gosum_missing,
  sumdb_mismatch,
  sumdb_unavailable,
  zip_corrupt,
  meta_corrupt,
  tree_corrupt,
  build_corrupt,
  vcs_corrupt,
  permission,
  disk_full,
  revision_unknown,
  module_not_found,
  not_required,
  lookup_disabled,
  timeout,
  dns,
  refused,
  reset,
  tls,
  http_5xx,
  http_429,
  http2,
  eof,
  proxy_login,
  git_https,
  git_ssh,
  git_host_key,
  repository_not_found,
  updates_needed,
  vendor_inconsistent,
  replace_missing,
  path_mismatch,
  ambiguous_import,
  retracted,
  parse_error,
  go_version,
  gomod_other,
  toolchain_unavailable,
  compile,
  test,
  run,
  vet,
  usage,
  unrelated,
};

// Of gomend's own classes alone.
std::optional<FailureClass> class_of_id(std::string_view id);

Family family_of(FailureClass failure);

}  // namespace patterns

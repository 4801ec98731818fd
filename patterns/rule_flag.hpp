#pragma once
// What a rule knows besides its class, by having matched: recovery decides by it, and reads no line
// a second time. A rule's `flags` hold for whatever it matches; a named group of a `when` that is
// called like a flag sets it where the group took part, for one alternative or a part of one.
//
// Example: flags = ["index"]; 'module lookup disabled by (?<proxy_off>GOPROXY=off)?'

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace patterns {

// Rule files spell them as they are spelled here.
enum class RuleFlag : std::uint8_t {
  // files
  go_mod,         // the checksum is that of a module's go.mod, not of its zip
  in_the_way,     // something stands where go is about to put a file or directory
  no_permission,  // a file of the project can't be read or written
  relative_path,  // GOMODCACHE is no absolute path
  // the build
  index,          // an index of packages is corrupt
  not_in_std,     // a package is missing in GOROOT
  linker_symbol,  // the linker misses a symbol
  // the checksum database
  sumdb_cache,  // the fault may be in the answers that the module cache holds
  sumdb_fork,   // it shows another history than before
  no_record,    // it has answered, and has no record
  // sources
  no_such_host,
  http_proxy,         // an HTTP proxy (HTTPS_PROXY) stands before the source
  http_proxy_login,   // and asks for a login
  login,              // 401
  forbidden,          // 403
  not_found,          // 404, 410
  plain_password,     // a password would have to go over plain http
  plain_http,         // the server speaks no TLS
  unknown_authority,  // nobody that is trusted has signed the certificate
  expired,            // the certificate is, or the clock is wrong
  certificate,        // it is rejected, for whatever reason
  // git
  no_git,         // it is not installed
  foreign_words,  // it said so in another language: what exactly, is not known
  // versions
  pseudo_version,  // an invalid one
  commit_time,     // the fault is in its time
  // settings
  proxy_off,            // GOPROXY=off
  malformed_proxy,      // GOPROXY is no list of URLs
  vendor_only,          // -mod=vendor
  sumdb_off,            // GOSUMDB=off
  malformed_toolchain,  // GOTOOLCHAIN is no valid value
  local_toolchain,      // GOTOOLCHAIN keeps go from fetching another one
  no_release,           // nobody has released such a toolchain
  // the project
  go_sum,    // it is go.sum that needs updating
  lost_use,  // go.work uses a directory that has no go.mod
};

class RuleFlags {
 public:
  [[nodiscard]] bool has(RuleFlag flag) const { return (bits_ & bit(flag)) != 0; }
  void add(RuleFlag flag) { bits_ |= bit(flag); }
  RuleFlags operator|(RuleFlags other) const {
    other.bits_ |= bits_;
    return other;
  }
  bool operator==(const RuleFlags&) const = default;

 private:
  static std::uint64_t bit(RuleFlag flag) {
    return std::uint64_t{1} << static_cast<unsigned>(flag);
  }
  std::uint64_t bits_ = 0;
};

std::optional<RuleFlag> flag_named(std::string_view name);
std::vector<std::string_view> names_of_flags();

}  // namespace patterns

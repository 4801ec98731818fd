#pragma once
// From where a module version may be fetched when the first source failed: only sources that the
// user's own settings trust already, and only for modules whose name is public anyway.
//
// Source of truth: `go help goproxy` (the list, "," and "|"), GOPRIVATE and GONOPROXY
// (module.MatchPrefixPatterns).

#include <optional>
#include <string>
#include <vector>

#include "recovery/config.hpp"
#include "recovery/inspect.hpp"
#include "recovery/settings.hpp"

namespace recovery {

struct Source {
  std::string proxy;  // a value of GOPROXY; empty: the user's own, as it is
  std::string name;   // for words: "proxy.example.com", "direct"
};

class Sources {
 public:
  Sources(const Root& cache, const Settings& settings, const Request& request,
          const Config& config);

  // The user's GOPROXY first; behind it, for a public module, each rest of that list and the user's
  // fallbacks.
  std::vector<Source> for_module(const ModuleVersion& m) const;

  // After a source was down: values of GOPROXY for one more try, in turn. For a public module the
  // user's list as if each comma were a pipe (without its first entry, if that is hopeless), then
  // his fallbacks; for any other his own list as it is ("": plain go would ask the same), or none.
  std::vector<std::string> for_second_try(const ModuleVersion& m, bool first_is_hopeless) const;

  // The value of GOPROXY for a whole command that fetches what nobody can list ahead; empty: there
  // is none. Only if whatever is asked for was asked of a public source anyway, and the checksum
  // database vouches for all that comes.
  std::string for_whole_command(bool first_is_hopeless) const;

  // The value of GOSUMDB for one more try: the same database and key, at the other URL that the
  // user has named for it; empty: there is none.
  std::string other_sumdb() const;

  // Covered by GOPRIVATE or GONOPROXY: its name is not even written where it may travel.
  bool is_private(std::string_view module_path) const;
  std::string first_name() const;
  // The module cache that the list begins with, behind a pipe, as `gomend isolate` has it:
  // "/go/pkg/mod" of "file:///go/pkg/mod/cache/download|…"; empty: there is none.
  std::string shared_cache() const;
  bool is_first_public() const;  // it is known to hold public modules only

 private:
  bool is_proved_public(const ModuleVersion& m) const;
  std::vector<std::string> own_entries(bool without_first) const;
  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  const Config& config_;
  mutable std::optional<bool> first_is_public_;  // asked of go once
};

std::vector<std::string> proxy_entries(std::string_view goproxy);  // ["https://a", "direct"]
std::string source_name(
    std::string_view entry);  // host of a URL, without user and password; "direct" as it is

}  // namespace recovery

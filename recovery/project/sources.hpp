#pragma once
// From where a module version may be fetched. The settings, the user's files and his command become
// a question for policy/asking.hpp, which decides; here is only what the question is made of.
//
// Source of truth: `go help goproxy` (the list, "," and "|"), GOPRIVATE and GONOPROXY
// (module.MatchPrefixPatterns).
//
// Example:  Walk walk = sources.walk(m);
//           while (const auto step = walk.next())
//             walk.answered(policy::answer_in(stage.fetch(m, lines, step->proxy).error));

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "recovery/policy/asking.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/goproxy.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

// The sources for one module version, one after the other, each asked alone.
class Walk {
 public:
  struct Step {
    std::string proxy;         // a value of GOPROXY; empty: the user's own, as it is
    std::string name;          // for words: "proxy.example.com", "direct"
    bool as_plain_go = false;  // plain go would ask it, too
    bool is_first = false;
  };
  explicit Walk(policy::Question question) : question_(std::move(question)) {}
  std::optional<Step> next() const;
  // Of the source that next() named.
  void answered(policy::Answer answer);
  // That entry of GOPROXY is known to have said so, and need not be asked.
  void presume(const std::string& entry, policy::Answer answer);
  // Why there is no next, in words that may follow a finding; empty where there is nothing to say.
  std::string why() const;

 private:
  policy::Question question_;
};

class Sources {
 public:
  // `list`: none for who asks nobody (all is private then but for is_private()).
  Sources(const Settings& settings, const Request& request, const Config& config,
          const BuildList* list);

  // The user has named these himself, or the whole cache.
  void note_typed(std::set<ModuleVersion> modules) { typed_ = std::move(modules); }
  // go has named these, in the text of the request.
  void note_named(std::set<ModuleVersion> modules) { named_ = std::move(modules); }

  Walk walk(const ModuleVersion& m) const { return Walk(question(m)); }
  // May any source at all be asked for it?
  bool may_ask(const ModuleVersion& m) const;
  // The same of a module path that go named without a version.
  bool may_ask(std::string_view module_path) const;

  // The value of GOPROXY for a whole command that fetches what nobody can list ahead; empty: there
  // is none. Only if the checksum database vouches for all that comes.
  std::string for_whole_command(bool first_is_hopeless) const;

  // The value of GOSUMDB for one more try: the same database and key, at the other URL that the
  // user has named for it; empty: there is none.
  std::string other_sumdb() const;

  // Covered by GOPRIVATE or GONOPROXY: its name is not even written where it may travel.
  bool is_private(std::string_view module_path) const;
  std::string first_name() const;
  // The entry of GOPROXY that a URL belongs to, which go has printed; the first, if none.
  std::string entry_of(std::string_view url) const;
  // The module cache that the list begins with, behind a pipe, as `gomend isolate` has it:
  // "/go/pkg/mod" of "file:///go/pkg/mod/cache/download|…"; empty: there is none.
  std::string shared_cache() const;
  bool is_first_public() const;  // it is known to hold public modules only
  // Would a repository itself be asked for this module path, before any proxy?
  bool asks_repository_first(std::string_view module_path) const;
  // The entries of GOPROXY, with what is known of them.
  std::vector<policy::Listed> own() const;

 private:
  policy::Question question(const ModuleVersion& m) const;
  policy::Named named(const ModuleVersion& m) const;
  bool looks_for_versions() const;
  std::vector<policy::Listed> fallback() const;
  bool is_known_public(const std::string& entry) const;
  const Settings& settings_;
  const Request& request_;
  const Config& config_;
  const BuildList* list_;
  std::set<ModuleVersion> typed_, named_;
  mutable std::optional<std::string> go_default_;  // asked of go once
};

}  // namespace recovery

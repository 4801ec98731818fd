#pragma once
// Rules as data: what one rule file (patterns/rules/NN-family.toml) holds, read into plain values.
// Not the matching, and no regular expression is looked at here. Source of truth: the recipe at the
// top of each rule file.
//
// Example: name "unzip", class_id "cache/zip-corrupt", remedy "evict", when {"unzip
// (?<path>[^\n\"]+?\\.zip): "}.

#include <optional>
#include <string>
#include <vector>

#include "patterns/failure_class.hpp"
#include "patterns/remedy.hpp"
#include "patterns/rule_flag.hpp"
#include "patterns/rules.hpp"

namespace patterns {

struct Rule {
  std::string name;
  FailureClass failure = FailureClass::none;
  std::string class_id;  // as the file has it
  Remedy remedy = Remedy::none;
  std::vector<Remedy> may;  // others that the same words have been known to need; the disk decides
  RuleFlags flags;          // of whatever it matches; those of a `when` are groups in it
  std::optional<Remedy> cached;  // when go did not say that it downloads the module: it lay in the
                                 // cache; none: the same
  std::vector<std::string>
      when;  // PCRE2, the words of [words] already put in; any one of them is enough
  std::vector<std::string> examples;  // real text that the whole rule set must give this class
  bool alone = false;                 // its match is the whole story: no other rule is asked
  std::string advice = {};            // a user's rule: what to say, and to type next
  std::string from = {};              // the file that has it: "10-checksum.toml"

  bool operator==(const Rule&) const = default;
};

struct RuleSet {
  std::vector<Rule> rules;  // in the order in which they are tried
  std::vector<std::string>
      prefixes;  // PCRE2: what task runners and log collectors put before each line

  bool operator==(const RuleSet&) const = default;
};

// Throws std::runtime_error, naming the file and the rule, when a file is not what its recipe says:
// a fault of ours that the tests meet first.
enum class Examples { read, skip };
[[nodiscard]] RuleSet parse_rules(const std::vector<RuleFile>& files, Examples examples);

// A file of the user's own, by the same recipe. Its rules point at what to look at, as ours do, and
// come behind all of ours; so none can keep one of ours from its lines. A rule names a class of
// ours, or a class of its own, "user/…", with the advice to give:
//
//   [[rule]]
//   name = "vpn"
//   class = "user/vpn"
//   advice = "the company's proxy is reached through the VPN only; next: vpn up"
//   when = 'dial tcp \S+: connect: no route to host'
//   eg = 'dial tcp 10.1.2.3:443: connect: no route to host'
//
// Throws std::runtime_error, "FILE:LINE: what is wrong", of the first thing that is wrong.
[[nodiscard]] std::vector<Rule> parse_user_rules(const RuleFile& file);

}  // namespace patterns

#pragma once
// Rules as data: what one rule file (patterns/rules/NN-family.toml) holds, read into plain values.
// Not the matching, and no regular expression is looked at here. Source of truth: the recipe at the
// top of each rule file.
//
// Example: name "unzip", class_id "cache/zip-corrupt", remedy "evict", when {"unzip
// (?<path>[^\n\"]+?\\.zip): "}.

#include <string>
#include <vector>

#include "patterns/rules.hpp"

namespace patterns {

struct Rule {
  std::string name;
  std::string class_id;
  std::string remedy;
  std::vector<std::string>
      may;  // other remedies that the same words have been known to need; the disk decides
  std::vector<std::string>
      when;  // PCRE2, the words of [words] already put in; any one of them is enough
  std::vector<std::string> examples;  // real text that the whole rule set must give this class
  bool alone = false;                 // its match is the whole story: no other rule is asked

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

}  // namespace patterns

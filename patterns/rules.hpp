#pragma once
// The rule files as they were at build time (patterns/rules/*.toml, embedded by embed.cmake), in
// the order in which they are tried. Text only; nothing is parsed before go has failed.

#include <string_view>
#include <vector>

namespace patterns {

struct RuleFile {
  std::string_view name;  // "10-checksum.toml"
  std::string_view text;
};

const std::vector<RuleFile>& rule_files();

}  // namespace patterns

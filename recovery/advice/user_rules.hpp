#pragma once
// Rules of the user's own: $XDG_CONFIG_HOME/gomend/rules/*.toml (~/.config without it), in the
// order of their names, as trusted_file.hpp lets them count. The recipe is
// patterns/rule_file.hpp's. Read only when go has failed, or by the companion.

#include <string>
#include <vector>

#include "patterns/rule_file.hpp"

namespace recovery {

struct UserRules {
  std::string dir;  // where they lie, or would lie; empty: there is no home
  struct File {
    std::string path;
    std::string failure;  // "FILE:3: what is wrong", or why it does not count; then none is used
    std::vector<patterns::Rule> rules;
  };
  std::vector<File> files;
  std::string failure;  // why the directory itself does not count

  std::vector<patterns::Rule> all() const;
};

// `here` is the directory that is worked in.
UserRules read_user_rules(const std::vector<std::string>& env, const std::string& here);

}  // namespace recovery

#pragma once
// The user's settings of gomend: /etc/gomend/config.toml, then $XDG_CONFIG_HOME/gomend/config.toml,
// then the environment. Read only after go has failed. A file counts only if root or the user owns
// it and nobody else may write it, and never from inside the main module: a checkout must not
// choose where modules come from.
//
// Example: public = ["https://proxy.example.com"]   fallback = ["https://mirror.example.com",
// "direct"]

#include <string>
#include <vector>

#include "recovery/settings/keep.hpp"

namespace recovery {

struct Config {
  std::vector<std::string>
      public_proxies;  // GOMEND_PUBLIC, comma list: proxies that hold public modules only
  std::vector<std::string> fallback;  // GOMEND_FALLBACK: sources the user adds for public modules
  std::string sumdb;  // GOMEND_SUMDB: another URL of the database that GOSUMDB names
  KeepSetting keep;   // keep, keep_days, keep_mib
  std::vector<std::string> complaints;  // what of all that does not count, and why; one line each
};

// A file that can't be parsed or trusted counts as absent; of one that can, what is right counts.
Config read_config(const std::vector<std::string>& env, const std::string& main_module_dir);

}  // namespace recovery

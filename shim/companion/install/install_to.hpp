#pragma once
// An installation is put into its place: the binaries, the texts, the link of a machine's, the
// record, and last the lines in the start-up files. installation.hpp says what it consists of.

#include <string>
#include <vector>

#include "shim/companion/frame/row.hpp"
#include "shim/companion/install/installed_files.hpp"

namespace shim {

struct InstallPlan {
  const Commands& commands;  // for the manual page and the completions
  Installation place;
  std::vector<std::string> startup_files;
  bool is_alias = false;
  bool is_dry = false;
};

// Throws std::runtime_error before anything is changed when something that is not gomend's is in
// the way; on any failure before the start-up files a first installation leaves nothing. `home`
// shortens what is written; empty below another root.
Done install_to(const InstallPlan& plan, const std::string& home);

}  // namespace shim

#include "shim/companion/install/activate.hpp"

#include <unistd.h>

#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/install/installation.hpp"
#include "shim/companion/install/shell_text.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"

namespace shim {
namespace {

// The one that this binary is part of, else the user's, else the machine's.
Installation installed() {
  if (const auto own = own_installation()) return *own;
  const auto users = user_installation(env_of(environ));
  if (users && is_gomend(users->in("bin/go").c_str())) return *users;
  if (const Installation all{system_dir, true}; is_gomend(all.in("bin/go").c_str())) return all;
  throw UsageError("gomend is not installed; run: gomend install");
}

}  // namespace

static int activate(const Call& call) {
  const ParsedArguments& given = call.given;
  const auto shell = shell_named(given.positionals.empty() ? "" : given.positionals[0]);
  if (!shell) throw UsageError("activate takes bash, zsh, fish or sh");
  const Installation place = installed();
  const bool has_share = access(place.in("share/man/man1/gomend.1").c_str(), R_OK) == 0;
  write_out(shell_text(*shell, {place.dir, given.has("alias"), has_share}));
  return 0;
}

const CommandRow& activate_row() {
  static const CommandRow row{
      .name = "activate",
      .summary = "print shell code that puts gomend's go first on PATH",
      .arguments = "bash|zsh|fish|sh",
      .about = "For the current shell, or for start-up files that you maintain yourself.",
      .options = {{"alias", "", "an alias for go instead of PATH"}},
      .examples = {{"eval \"$(gomend activate bash)\"", "bash, zsh and sh"},
                   {"gomend activate fish | source", "fish"}},
      .status = "",
      .json = {},
      .run = activate,
      .most_positionals = 1};
  return row;
}

}  // namespace shim

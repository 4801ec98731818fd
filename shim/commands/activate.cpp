#include "shim/commands/activate.hpp"

#include <unistd.h>

#include "shim/commands/installation.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"

namespace shim {
namespace {

// The one that this binary is part of, else the user's, else the machine's.
Installation installed() {
  if (const auto own = own_installation()) return *own;
  const auto users = user_installation(env_of(environ));
  if (users && is_gomend(users->in("bin/go").c_str())) return *users;
  if (const Installation all{system_dir, true}; is_gomend(all.in("bin/go").c_str())) return all;
  throw Misuse("there is no go beside this gomend; first: gomend install");
}

}  // namespace

int activate(const Arguments& arguments) {
  const Chosen chosen = parse("activate", arguments, 1);
  const auto shell = shell_named(chosen.words.empty() ? "" : chosen.words[0]);
  if (!shell) throw Misuse("activate takes one of bash, zsh, fish and sh");
  const Installation place = installed();
  const bool has_share = access(place.in("share/man/man1/gomend.1").c_str(), R_OK) == 0;
  write_all(STDOUT_FILENO, shell_text(*shell, {place.dir, chosen.has("alias"), has_share}));
  return 0;
}

}  // namespace shim

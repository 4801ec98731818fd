#pragma once
// An installation: a directory of gomend's own with all that belongs to it, and a record of what
// was put elsewhere, so that uninstall leaves nothing.
//
//   bin/go bin/gomend    regular files, the same one (a hard link where there can be one)
//   env.sh env.fish      what start-up files read (shell_text.hpp)
//   share/…              the manual page and the completions, where man and the shells look for
//   them
//                        from bin
//   installed            the record
//
// A user's lies in $XDG_DATA_HOME/gomend (~/.local/share), a machine's in /usr/lib/gomend, with
// /usr/bin/gomend leading there.

#include <optional>
#include <string>
#include <vector>

#include "shim/companion/install/record.hpp"

namespace shim {

struct Installation {
  std::string dir;  // absolute, as those who use it see it
  bool is_system = false;
  std::string root = {};  // what stands for / here; empty: /

  // For words, and where there is no other root: ground.hpp has what leads below one.
  std::string in(const std::string& name) const { return root + dir + "/" + name; }
};

std::optional<Installation> user_installation(
    const std::vector<std::string>& env);  // where it would be
inline constexpr const char* system_dir = "/usr/lib/gomend";

// nullopt: no `gomend install` was here. Throws std::runtime_error when the record is damaged.
std::optional<Record> read_record(const Installation& place);
bool has_record(const Installation& place);  // damaged or not
bool has_gomend(const Installation& place);

// Whatever could not be done, a line each; what is told as done was done, or would be.
struct Done {
  std::vector<std::string> lines;
  std::vector<std::string> problems;
};

// The installation that the running binary is part of; nullopt: it stands alone.
std::optional<Installation> own_installation();

}  // namespace shim

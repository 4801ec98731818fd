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

#include "shim/commands/shell_text.hpp"

namespace shim {

struct Installation {
  std::string dir;  // absolute, as those who use it see it
  bool is_system = false;
  std::string root = {};  // what stands for / here; empty: /

  std::string at(const std::string& path) const { return root + path; }  // of an absolute path
  std::string in(const std::string& name) const { return root + dir + "/" + name; }
};

// What gomend has put elsewhere: one line each, "made /home/me/.config/fish" and so on.
struct Record {
  std::vector<std::string> made;    // directories, outermost first; go only when they are empty
  std::vector<std::string> blocks;  // start-up files
};

std::optional<Installation> user_installation(
    const std::vector<std::string>& env);  // where it would be
inline constexpr const char* system_dir = "/usr/lib/gomend";

// nullopt: no `gomend install` was here. Throws std::runtime_error when the record is damaged.
std::optional<Record> read_record(const Installation& place);

// Whatever could not be done, a line each; what is told as done was done, or would be.
struct Done {
  std::vector<std::string> lines;
  std::vector<std::string> problems;
};

struct InstallPlan {
  Installation place;
  std::vector<std::string> startup_files;
  bool is_alias = false;
  bool is_dry = false;
};

// Throws std::runtime_error before anything is changed when something that is not gomend's is in
// the way; on any failure before the start-up files a first installation leaves nothing.
Done install_to(const InstallPlan& plan, const std::vector<std::string>& env);

// What of it is gomend's, whoever changed what meanwhile.
Done uninstall_from(const Installation& place, const std::vector<std::string>& startup_files,
                    bool is_dry);

// The installation that the running binary is part of; nullopt: it stands alone.
std::optional<Installation> own_installation();

}  // namespace shim

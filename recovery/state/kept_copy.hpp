#pragma once
// Copies of the user's own files, made before a command that he has asked for may change them: a
// directory a time beneath $XDG_STATE_HOME/gomend/, the newest twenty. Throws std::runtime_error,
// and nothing may be changed then, when a copy can't be made.
//
// Example: keep_copies(env, {"/src/app/go.mod"}) is {{"/src/app/go.mod",
// "/home/me/.local/state/gomend/fix/2026-01-01T00:00:00Z-0/0-go.mod"}}.

#include <sys/stat.h>

#include <string>
#include <vector>

#include "recovery/settings/request.hpp"

namespace recovery {

struct KeptCopy {
  std::string file;
  std::string copy;  // empty: the file was not there
};

std::vector<KeptCopy> keep_copies(const std::vector<std::string>& env,
                                  const std::vector<std::string>& files);

// The files outside of go's caches that a command of advised_command.hpp may change: go.mod,
// go.sum, go.work, go.work.sum of all modules in question, go's env file, git's configuration of
// submodules. `request` is that command, in its place.
std::vector<std::string> files_at_risk(const Request& request);

// The file with this text, there once all of it is written; `owner` has it. Throws
// std::runtime_error, and leaves nothing behind.
void write_new(const std::string& path, const std::string& text, mode_t mode,
               const struct stat& owner);

// Of what lies in `dir`, whose names begin with the time, only the newest stays.
void keep_newest(const std::string& dir);

// All of a regular file. Throws std::runtime_error when it is another thing, or far too large.
std::string read_whole(const std::string& file);

}  // namespace recovery

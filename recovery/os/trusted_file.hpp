#pragma once
// A file of settings or rules that counts: root's or the user's own, in a place where nobody else
// may write, and not in the project that is worked on: a checkout must not choose what gomend does,
// even when HOME lies in it.

#include <optional>
#include <string>
#include <vector>

namespace recovery {

// Where the user's settings and rules lie: $XDG_CONFIG_HOME/gomend, ~/.config/gomend; empty:
// nowhere.
std::string user_config_dir(const std::vector<std::string>& env);

// The path without links if the file (or directory) counts; else nothing, and `why` says why not;
// empty if it is not there at all. `project` is a directory, or empty.
std::optional<std::string> trusted_path(const std::string& path, const std::string& project,
                                        std::string& why);

// The outermost directory with a go.mod or a go.work on the way from `dir` up; empty: there is
// none.
std::string project_around(std::string dir);

}  // namespace recovery

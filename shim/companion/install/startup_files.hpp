#pragma once
// The start-up files of shells, and gomend's few lines in them: between two marks, at the end, so
// that they come behind whatever else sets PATH there. Putting them in twice changes nothing;
// taking them out leaves the file byte for byte as it was, or gone if it was made for them.
//
// Source of truth for who reads what, in this order: bash(1) INVOCATION (a login shell the first of
// ~/.bash_profile, ~/.bash_login and ~/.profile, another interactive one ~/.bashrc); zsh(1)
// STARTUP/SHUTDOWN FILES (.zshenv always, .zprofile and .zlogin in a login shell, .zshrc in an
// interactive one); fish(1) (conf.d, then config.fish, always).
//
// Example: with_block("export A=1\n", "…\n") is "export A=1\n# >>> gomend >>> …\n…\n# <<< gomend
// <<<\n"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shim/companion/install/shell_text.hpp"

namespace shim {

// --- text ---

// nullopt stands for a file that is not there.
std::string with_block(const std::optional<std::string>& text, const std::string& lines);
// nullopt: nothing is left of a file that was made for the block. Throws std::runtime_error when a
// block has no end: what is the user's can't be told then.
std::optional<std::string> without_block(const std::string& text);
bool has_block(std::string_view text);

// --- files ---

// Of a user. `env` is his environment: HOME, ZDOTDIR, XDG_CONFIG_HOME, SHELL.
std::vector<std::string> startup_files(Shell shell, const std::vector<std::string>& env);
// Of a whole machine: those that are there below `root`, named without it.
std::vector<std::string> system_startup_files(const std::string& root);

// The shells that a user seems to have: $SHELL, and those with a start-up file of their own.
std::vector<Shell> shells_of(const std::vector<std::string>& env);

// What stands there: nullopt if nothing does. Throws std::runtime_error for what is no regular file
// (a link to one is fine), can't be read, or is larger than 4 MiB.
std::optional<std::string> read_startup_file(const std::string& path);
// As a whole or not at all (a rename), with the mode and owner that it had; a link stays a link.
// nullopt takes the file away. Throws std::system_error that names the path.
void write_startup_file(const std::string& path, const std::optional<std::string>& text);

}  // namespace shim

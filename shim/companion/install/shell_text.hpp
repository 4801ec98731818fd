#pragma once
// What a shell evaluates to have gomend's go: its directory first on PATH, wherever else it stands
// there, or an alias; and the completions. Evaluated twice it does the same as once, it starts no
// process, and it leaves no variable behind. sh, bash and zsh read the same text (dash and busybox
// too), fish one of its own.
//
// Example: shell_text(Shell::bash, {"/home/me/.local/share/gomend"}) begins
// "gomend_dir='/home/me/.local/share/gomend'".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/os/text.hpp"

namespace shim {

enum class Shell { sh, bash, zsh, fish };

std::optional<Shell> shell_named(std::string_view name);  // "bash"; nullopt: none of the four
std::string_view name_of(Shell shell);

std::string quoted(std::string_view text, Shell shell);  // one word, whatever is in it

struct ShellText {
  std::string dir;  // of the installation: bin/go and share/ are below it
  bool is_alias = false;
  bool has_completions = true;  // below dir; a package has them where every shell looks
};
std::string shell_text(Shell shell, const ShellText& what);

// The line of a start-up file that reads `file`, where it is still there. What lies in `home` is
// named by $HOME, so that start-up files can be shared between machines.
std::string reading_line(Shell shell, const std::string& file, const std::string& home);

}  // namespace shim

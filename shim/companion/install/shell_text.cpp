#include "shim/companion/install/shell_text.hpp"

#include <array>
#include <utility>

namespace shim {
namespace {

constexpr std::array<std::pair<std::string_view, Shell>, 4> shells{
    {{"sh", Shell::sh}, {"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}};

// In double quotes, for what stands behind "$HOME".
std::string in_double_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\"\\$`").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

constexpr std::string_view first_on_path = R"(gomend_path=:${PATH-}:
while :; do
  case $gomend_path in
    *":$gomend_dir/bin:"*)
      gomend_path=${gomend_path%%":$gomend_dir/bin:"*}:${gomend_path#*":$gomend_dir/bin:"} ;;
    *) break ;;
  esac
done
gomend_path=${gomend_path#:}
gomend_path=${gomend_path%:}
PATH=$gomend_dir/bin${gomend_path:+:$gomend_path}
export PATH
)";

// gomend itself stays in reach, behind all else: an alias is nothing that a script could call.
constexpr std::string_view by_alias = R"(case :${PATH-}: in
  *":$gomend_dir/bin:"*) ;;
  *) PATH=${PATH:+$PATH:}$gomend_dir/bin; export PATH ;;
esac
alias go='gomend go'
)";

// What only zsh can parse is hidden from the others. bash reads its completions when they are first
// asked for; zsh needs the directory before compinit, or the command after it.
std::string completions(const std::string& dir) {
  return "if [ -n \"${BASH_VERSION-}\" ]; then\n"
         "  case $- in *i*)\n"
         "    _gomend() { unset -f _gomend; . " +
         quoted(dir + "/share/bash-completion/completions/gomend", Shell::bash) +
         " && _gomend \"$@\"; }\n"
         "    complete -F _gomend gomend ;;\n"
         "  esac\n"
         "elif [ -n \"${ZSH_VERSION-}\" ]; then\n"
         "  gomend_path=$gomend_dir/share/zsh/site-functions\n"
         "  eval '(( ${fpath[(Ie)$gomend_path]} )) || fpath=($gomend_path $fpath)\n"
         "    if (( $+functions[compdef] )); then autoload -Uz _gomend; compdef _gomend gomend; "
         "fi'\n"
         "fi\n";
}

std::string for_fish(const ShellText& what) {
  std::string text = "begin\n  set -l dir " + quoted(what.dir, Shell::fish) + "\n";
  if (what.is_alias)
    text +=
        "  contains -- $dir/bin $PATH; or set -gx PATH $PATH $dir/bin\n"
        "  function go --wraps go\n    gomend go $argv\n  end\n";
  else
    text +=
        "  set -l rest\n"
        "  for entry in $PATH\n"
        "    test \"$entry\" = $dir/bin; or set -a rest $entry\n"
        "  end\n"
        "  set -gx PATH $dir/bin $rest\n";
  if (what.has_completions)
    text +=
        "  set -l completions $dir/share/fish/vendor_completions.d\n"
        "  contains -- $completions $fish_complete_path; or set -gp fish_complete_path "
        "$completions\n";
  return text + "end\n";
}

}  // namespace

std::optional<Shell> shell_named(std::string_view name) {
  for (const auto& [known, shell] : shells) {
    if (known == name) return shell;
  }
  return std::nullopt;
}

std::string_view name_of(Shell shell) {
  for (const auto& [name, known] : shells) {
    if (known == shell) return name;
  }
  return "sh";
}

std::string quoted(std::string_view text, Shell shell) {
  std::string out = "'";
  for (const char c : text) {
    if (shell == Shell::fish && (c == '\'' || c == '\\'))
      out += '\\', out += c;
    else if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string shell_text(Shell shell, const ShellText& what) {
  if (shell == Shell::fish) return for_fish(what);
  std::string text = "gomend_dir=" + quoted(what.dir, shell) + "\n";
  text += what.is_alias ? by_alias : first_on_path;
  if (what.has_completions) text += completions(what.dir);
  return text + "unset gomend_dir gomend_path\n";
}

std::string reading_line(Shell shell, const std::string& file, const std::string& home) {
  const bool is_at_home = !home.empty() && home != "/" && file.starts_with(home + "/");
  const std::string name = is_at_home
                               ? "\"$HOME" + in_double_quotes(file.substr(home.size())) + "\""
                               : quoted(file, shell);
  if (shell == Shell::fish) return "test -r " + name + "; and source " + name + "\n";
  return "if [ -r " + name + " ]; then . " + name + "; fi\n";
}

}  // namespace shim

#include "shim/companion/frame/completions.hpp"

#include <vector>

#include "recovery/os/text.hpp"

namespace shim {
namespace {

// "man|bash|zsh" -> the three; "[FILE|-]" and "M@V" -> none.
std::vector<std::string> choices_of(std::string_view value) {
  std::vector<std::string> choices;
  if (value.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != value.npos) return choices;
  if (value.starts_with("[")) value = value.substr(1, value.size() - 2);
  while (!value.empty()) {
    const std::size_t bar = value.find('|');
    choices.emplace_back(value.substr(0, bar));
    value = bar == value.npos ? "" : value.substr(bar + 1);
  }
  return choices;
}

bool takes(std::string_view value, std::string_view kind) {
  return value.find(kind) != value.npos;
}

bool takes_command(const CommandRow& command) {
  return command.arguments == "[COMMAND]";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string all_names(const Commands& commands) {
  std::vector<std::string> names;
  for (const CommandRow* row : commands) names.emplace_back(row->name);
  return joined(names);
}

std::string quoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != special.npos) out += c == '\'' ? "'\\'" : "\\";
    out += c;
  }
  return out;
}

std::string bash_words(std::string_view value) {
  if (takes(value, "FILE")) return "_gomend_names -f";
  if (takes(value, "DIR")) return "_gomend_names -d";
  return "COMPREPLY=($(compgen -W '" + joined(choices_of(value)) + "' -- \"$word\"))";
}

std::string zsh_action(std::string_view value) {
  if (takes(value, "FILE")) return "_files";
  if (takes(value, "DIR")) return "_files -/";
  const std::string words = joined(choices_of(value));
  return words.empty() ? " " : "(" + words + ")";
}

}  // namespace

std::string bash_completions(const Commands& commands) {
  std::string text =
      "# bash completions of gomend; made by: gomend generate bash\n"
      "# A file's name is one word, whatever is in it: no splitting, no globbing.\n"
      "_gomend_names() {\n"
      "  local name\n"
      "  compopt -o filenames\n"
      "  while IFS= read -r name; do COMPREPLY+=(\"$name\"); done "
      "<<<\"$(compgen \"$1\" -- \"$word\")\"\n"
      "  if [ \"${#COMPREPLY[@]}\" = 1 ] && [ -z \"${COMPREPLY[0]}\" ]; then COMPREPLY=(); fi\n"
      "}\n"
      "_gomend() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} option=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '" +
      all_names(commands) +
      " --help --version' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  # --option=value comes in three words\n"
      "  if [ \"$word\" = = ]; then option=${COMP_WORDS[COMP_CWORD-1]} word=\n"
      "  elif [ \"${COMP_WORDS[COMP_CWORD-1]}\" = = ]; then option=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  else option=${COMP_WORDS[COMP_CWORD-1]}; fi\n"
      "  case $command:$option in\n";
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    for (const Option& option : command.options) {
      if (option.value.empty()) continue;
      text += "    " + std::string(command.name) + ":--" + std::string(option.name) + ") " +
              bash_words(option.value) + "; return ;;\n";
    }
  }
  text += "  esac\n  case $command in\n";
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    if (command.is_verbatim) continue;
    std::string flags = "--help";
    for (const Option& option : command.options) flags += " --" + std::string(option.name);
    text += "    " + std::string(command.name) +
            ")\n      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '" + flags +
            "' -- \"$word\"))\n      else " +
            (takes_command(command)
                 ? "COMPREPLY=($(compgen -W '" + all_names(commands) + "' -- \"$word\"))"
                 : bash_words(command.arguments)) +
            "; fi ;;\n";
  }
  return text + "  esac\n}\ncomplete -F _gomend gomend\n";
}

std::string zsh_completions(const Commands& commands) {
  constexpr std::string_view special = "'[]:\\";
  std::string text =
      "#compdef gomend\n# zsh completions of gomend; made by: gomend generate zsh\n"
      "_gomend() {\n"
      "  local -a commands=(\n";
  for (const CommandRow* row : commands)
    text += "    '" + std::string(row->name) + ":" + quoted(row->summary, "'") + "'\n";
  text +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe -t commands 'gomend command' commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    if (command.is_verbatim) continue;
    text += "    " + std::string(command.name) + ") _arguments";
    for (const Option& option : command.options) {
      text += " \\\n      '--" + std::string(option.name) + (option.value.empty() ? "" : "=") +
              "[" + quoted(option.help, special) + "]" +
              (option.value.empty()
                   ? ""
                   : ":" + quoted(option.value, special) + ":" + zsh_action(option.value)) +
              "'";
    }
    text += " \\\n      '--help[help for this command]'";
    if (takes_command(command))
      text += " \\\n      '1:command:(" + all_names(commands) + ")'";
    else if (!command.arguments.empty())
      text += " \\\n      '*:" + quoted(command.arguments, special) + ":" +
              zsh_action(command.arguments) + "'";
    text += " ;;\n";
  }
  return text +
         "  esac\n}\n"
         "if [ \"$funcstack[1]\" = _gomend ]; then _gomend \"$@\"; else compdef _gomend gomend; "
         "fi\n";
}

std::string fish_completions(const Commands& commands) {
  std::string text =
      "# fish completions of gomend; made by: gomend generate fish\n"
      "complete -c gomend -f\n";
  constexpr std::string_view special = "'\\";
  const auto escaped = [&](std::string_view words) {
    std::string out;
    for (const char c : words) {
      if (special.find(c) != special.npos) out += '\\';
      out += c;
    }
    return out;
  };
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    const std::string name(command.name);
    text += "complete -c gomend -n __fish_use_subcommand -a " + name + " -d '" +
            escaped(command.summary) + "'\n";
    const std::string head = "complete -c gomend -n '__fish_seen_subcommand_from " + name + "'";
    for (const Option& option : command.options) {
      text += head + " -l " + std::string(option.name);
      if (takes(option.value, "FILE") || takes(option.value, "DIR"))
        text += " -r -F";
      else if (!option.value.empty())
        text += " -x -a '" + joined(choices_of(option.value)) + "'";
      text += " -d '" + escaped(option.help) + "'\n";
    }
    if (takes(command.arguments, "FILE") || takes(command.arguments, "DIR"))
      text += head + " -F\n";
    else if (takes_command(command))
      text += head + " -a '" + all_names(commands) + "'\n";
    else if (const std::string words = joined(choices_of(command.arguments)); !words.empty())
      text += head + " -a '" + words + "'\n";
  }
  return text;
}

}  // namespace shim

#include "shim/companion/help.hpp"

#include <unistd.h>

#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/completions.hpp"
#include "shim/companion/frame/help_text.hpp"
#include "shim/companion/frame/output.hpp"

namespace shim {

static int help(const Call& call) {
  const ParsedArguments& given = call.given;
  const std::size_t width = Paint(STDOUT_FILENO).width();
  if (given.positionals.empty()) {
    write_out(help_of_all(call.commands, width));
    return 0;
  }
  const CommandRow* command = find_command(call.commands, given.positionals[0]);
  if (command == nullptr) throw UsageError("unknown command '" + given.positionals[0] + "'");
  write_out(help_of(*command, width));
  return 0;
}

static int generate(const Call& call) {
  const ParsedArguments& given = call.given;
  const std::string what = given.positionals.empty() ? "" : given.positionals[0];
  std::string text;
  if (what == "man") text = manual(call.commands);
  if (what == "json") text = json_keys(call.commands);
  if (what == "bash") text = bash_completions(call.commands);
  if (what == "zsh") text = zsh_completions(call.commands);
  if (what == "fish") text = fish_completions(call.commands);
  if (text.empty()) throw UsageError("generate takes man, bash, zsh, fish or json");
  write_out(text);
  return 0;
}

const CommandRow& help_row() {
  static const CommandRow row{.name = "help",
                              .summary = "list the commands, or describe one",
                              .arguments = "[COMMAND]",
                              .about = "",
                              .options = {},
                              .examples = {},
                              .status = "",
                              .json = {},
                              .run = help,
                              .most_positionals = 1};
  return row;
}

const CommandRow& generate_row() {
  static const CommandRow row{
      .name = "generate",
      .summary = "print the manual page, a shell's completions, or the keys of the JSON objects",
      .arguments = "man|bash|zsh|fish|json",
      .about = "All are made from the table behind gomend help.",
      .options = {},
      .examples = {{"source <(gomend generate bash)", "completions for this shell"}},
      .status = "",
      .json = {},
      .run = generate,
      .most_positionals = 1};
  return row;
}

}  // namespace shim

#include "shim/commands/isolate.hpp"

#include "recovery/isolate.hpp"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "recovery/run.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/shell_text.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

Shell shell_of(const std::string& chosen) {
  const std::string name = chosen.empty() ? recovery::env_value(env_of(environ), "SHELL") : chosen;
  const std::string program = name.substr(name.rfind('/') + 1);
  if (const auto shell = shell_named(program)) return *shell;
  // dash, ash and ksh read what sh reads; csh does not.
  if (program.empty() || (program.ends_with("sh") && !program.ends_with("csh"))) return Shell::sh;
  throw Misuse("no code for the shell '" + program + "'; --shell names one: sh, bash, zsh or fish");
}

// One line a variable, for eval; any value is one word.
std::string code_of(const std::vector<recovery::Variable>& variables, Shell shell) {
  const bool is_fish = shell == Shell::fish;
  std::string code;
  for (const recovery::Variable& variable : variables) {
    if (!variable.value)
      code += (is_fish ? "set -e " : "unset ") + variable.name;
    else
      code += (is_fish ? "set -gx " + variable.name + " " : "export " + variable.name + "=") +
              quoted(*variable.value, shell);
    code += ";\n";
  }
  return code;
}

std::string json_of(const std::string& directory, const std::string& shared,
                    const std::vector<recovery::Variable>& variables) {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (const recovery::Variable& variable : variables) {
    if (variable.value)
      values[variable.name] = *variable.value;
    else
      values[variable.name] = nullptr;
  }
  const nlohmann::ordered_json object{
      {"directory", directory}, {"shared", shared}, {"variables", values}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// Code on a terminal does nothing.
void hint(const std::string& command) {
  if (::isatty(STDOUT_FILENO) == 1)
    say("this is for a shell to read; next: eval \"$(" + command + ")\"");
}

}  // namespace

int isolate(const Arguments& arguments) {
  const Chosen chosen = parse("isolate", arguments, 1);
  const Shell shell = shell_of(chosen.value("shell"));
  if (chosen.has("off")) {
    const auto variables = recovery::way_back(env_of(environ));
    if (variables.empty()) say("this shell is not isolated");
    write_all(STDOUT_FILENO,
              chosen.has("json") ? json_of("", "", variables) : code_of(variables, shell));
    hint("gomend isolate --off");
    return 0;
  }
  recovery::Request request = request_here("isolate");
  std::error_code error;
  const std::string dir = chosen.words.empty() ? request.dir : chosen.words[0];
  request.dir = std::filesystem::canonical(dir, error).string();
  if (error) throw std::runtime_error(dir + ": " + error.message());
  if (!std::filesystem::is_directory(request.dir))
    throw std::runtime_error(dir + " is no directory");
  const recovery::Isolation made = recovery::isolate(
      request, chosen.has("inside") ? recovery::Place::project : recovery::Place::state_directory);
  write_all(STDOUT_FILENO, chosen.has("json") ? json_of(made.directory, made.shared, made.variables)
                                              : code_of(made.variables, shell));
  hint("gomend isolate");
  return 0;
}

}  // namespace shim

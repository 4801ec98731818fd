#include "shim/companion/isolate.hpp"

#include "recovery/upkeep/isolate.hpp"

#include <unistd.h>

#include <filesystem>

#include "recovery/os/env.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/request.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/companion/install/shell_text.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Json;

Shell shell_of(const std::string& chosen) {
  const std::string name = chosen.empty() ? recovery::env_value(env_of(environ), "SHELL") : chosen;
  const std::string program = name.substr(name.rfind('/') + 1);
  if (const auto shell = shell_named(program)) return *shell;
  // dash, ash and ksh read what sh reads; csh does not.
  if (program.empty() || (program.ends_with("sh") && !program.ends_with("csh"))) return Shell::sh;
  throw UsageError("unsupported shell '" + program + "'; --shell takes sh, bash, zsh or fish");
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
  Json values = Json::object();
  for (const recovery::Variable& variable : variables)
    values.set(variable.name, variable.value ? Json(*variable.value) : Json());
  return Json{{"directory", directory}, {"shared", shared}, {"variables", values}}.pretty();
}

// Code on a terminal does nothing.
void hint(const std::string& command) {
  if (::isatty(STDOUT_FILENO) == 1)
    say("isolate prints shell code; run: eval \"$(" + command + ")\"");
}

}  // namespace

static int isolate(const Call& call) {
  const ParsedArguments& given = call.given;
  const Shell shell = shell_of(given.value("shell"));
  if (given.has("off")) {
    const auto variables = recovery::way_back(env_of(environ));
    if (variables.empty()) say("this shell is not isolated");
    write_out(given.has("json") ? json_of("", "", variables) : code_of(variables, shell));
    hint("gomend isolate --off");
    return 0;
  }
  recovery::Request request = request_here("isolate");
  std::error_code error;
  const std::string dir = given.positionals.empty() ? request.dir : given.positionals[0];
  request.dir = std::filesystem::canonical(dir, error).string();
  if (error) throw std::runtime_error(dir + ": " + error.message());
  if (!std::filesystem::is_directory(request.dir))
    throw std::runtime_error(dir + " is not a directory");
  const recovery::Isolation made = recovery::isolate(
      request, given.has("inside") ? recovery::Place::project : recovery::Place::state_directory);
  write_out(given.has("json") ? json_of(made.directory, made.shared, made.variables)
                              : code_of(made.variables, shell));
  hint("gomend isolate");
  return 0;
}

const CommandRow& isolate_row() {
  static const CommandRow row{
      .name = "isolate",
      .summary = "give this project its own caches, and read the shared ones",
      .arguments = "[DIR]",
      .about =
          "Prints variables for the shell to set: GOMODCACHE and GOCACHE below gomend's state "
          "directory, and a GOPROXY that begins with the shared module cache, followed by your own "
          "list. Checksums are verified as usual. While they are set, @latest is the latest "
          "cached version. To remove the caches: go clean -modcache -cache, then --off.",
      .options = {{"off", "", "print the variables as they were before"},
                  {"inside", "", "keep the caches in the project, in .gomend"},
                  {"shell", "sh|bash|zsh|fish", "the shell to print for; default: SHELL"},
                  json_option},
      .examples = {{"eval \"$(gomend isolate)\"",
                    "in sh, bash and zsh; in fish: gomend isolate | "
                    "source"},
                   {"eval \"$(gomend isolate --off)\"", "back to the shared caches"}},
      .status = "0 done, 2 not possible; nothing is printed on stdout",
      .json = {{"directory", "of the project's own caches"},
               {"shared", "the module cache that is read"},
               {"variables", "object: name -> value; null: to be unset"}},
      .run = isolate,
      .most_positionals = 1};
  return row;
}

}  // namespace shim

#include "shim/commands/isolate.hpp"

#include "recovery/isolate.hpp"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "recovery/run.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

recovery::Shell shell_of(const std::string& chosen) {
  std::string name = chosen.empty() ? recovery::env_value(env_of(environ), "SHELL") : chosen;
  name = name.substr(name.rfind('/') + 1);
  if (name == "fish") return recovery::Shell::fish;
  if (name.empty() || name.ends_with("sh")) {
    if (!name.ends_with("csh")) return recovery::Shell::posix;
  }
  throw Misuse("no code for the shell '" + name + "'; --shell names one: sh, bash, zsh or fish");
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
  const recovery::Shell shell = shell_of(chosen.value("shell"));
  if (chosen.has("off")) {
    const auto variables = recovery::way_back(env_of(environ));
    if (variables.empty()) say("this shell is not isolated");
    write_all(STDOUT_FILENO, chosen.has("json") ? json_of("", "", variables)
                                                : recovery::shell_code(variables, shell));
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
                                              : recovery::shell_code(made.variables, shell));
  hint("gomend isolate");
  return 0;
}

}  // namespace shim

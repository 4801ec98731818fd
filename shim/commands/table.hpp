#pragma once
// The one table of the companion's commands: what each is called, takes and prints. Its help, the
// manual page, the completions of the shells and the page of the JSON objects are all made from it,
// so that none can say what another does not.
//
// To add a command: shim/commands/<name>.hpp and .cpp with `int <name>(const Arguments&)`, and a
// row in table.cpp.

#include <string>
#include <string_view>
#include <vector>

namespace shim {

using Arguments = std::vector<std::string>;  // what follows the command's name

struct Option {
  std::string_view name;   // "json", without the dashes
  std::string_view value;  // what it takes: "FILE", "a|b"; empty: it is a switch
  std::string_view help;
};

struct Example {
  std::string_view command, what;
};

// A key of the object that --json prints.
struct JsonKey {
  std::string_view name, meaning;
};

struct CommandRow {
  std::string_view name;
  std::string_view summary;    // one line, no full stop
  std::string_view arguments;  // "[FILE|-]"; empty: none
  std::string_view about;      // a few sentences
  std::vector<Option> options;
  std::vector<Example> examples;
  std::string_view status;  // what the exit statuses mean, where it is more than 0, 1 and 2
  std::vector<JsonKey> json;
  int (*run)(const Arguments&);
  bool is_verbatim = false;  // its arguments are another program's: --help among them, too
};

const std::vector<CommandRow>& commands();

const CommandRow* find_command(std::string_view name);  // null: there is none of that name

}  // namespace shim

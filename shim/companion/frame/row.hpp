#pragma once
// What one command of the companion's is called, takes and prints: its row. Its help, the manual
// page, the completions of the shells and the page of the JSON objects are all made from it, so
// that none can say what another does not.

#include <map>
#include <stdexcept>
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

// A question that can't be answered as it was asked: a wrong option, a file that can't be read.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What was typed behind a command's name.
struct ParsedArguments {
  std::map<std::string, std::string, std::less<>> options;  // a switch has ""; the last one counts
  std::vector<std::string> positionals;                     // what is no option

  bool has(std::string_view name) const { return options.contains(name); }
  std::string value(std::string_view name, std::string otherwise = "") const {
    const auto found = options.find(name);
    return found == options.end() ? otherwise : found->second;
  }
};

struct CommandRow;
using Commands = std::vector<const CommandRow*>;  // in the order of the help

// What the dispatcher hands to a command.
struct Call {
  ParsedArguments given;
  const Commands& commands;  // all of them
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
  int (*run)(const Call&);
  std::size_t most_positionals = 0;
  bool is_verbatim = false;  // its arguments are another program's, all positionals: --help among
                             // them, too
};

// null: there is none of that name.
const CommandRow* find_command(const Commands& commands, std::string_view name);

// Options that several commands have.
inline constexpr Option dry_run_option{"dry-run", "", "show what would be done, and do nothing"};
inline constexpr Option json_option{"json", "",
                                    "print one JSON object (the keys: gomend generate json)"};
inline constexpr Option yes_option{"yes", "", "do not ask"};
inline constexpr Option since_option{"since", "TIME",
                                     "only from then on: 90m, 24h, 7d, 2w, or a day as 2026-01-31"};

}  // namespace shim

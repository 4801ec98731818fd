#include "shim/commands/companion.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>

#include "shim/commands/help.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/paint.hpp"
#include "shim/commands/table.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

int misuse(const std::string& words, const std::string& next) {
  write_all(STDERR_FILENO, "gomend: " + printable(words) + "; next: " + next + "\n");
  return 2;
}

int print(const std::string& text) {
  write_all(STDOUT_FILENO, text);
  return 0;
}

bool asks_for_help(const Arguments& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
}

int run_command(const Arguments& words) {
  const CommandRow* row = find_command(words[0]);
  if (row == nullptr) return misuse("no command named '" + words[0] + "'", "gomend help");
  const Arguments arguments(words.begin() + 1, words.end());
  if (!row->is_verbatim && asks_for_help(arguments))
    return print(help_of(*row, Paint(STDOUT_FILENO).width()));
  const std::string name(row->name);
  try {
    return row->run(arguments);
  } catch (const Misuse& error) {
    return misuse(name + ": " + error.what(), "gomend help " + name);
  } catch (const std::exception& error) {
    write_all(STDERR_FILENO, "gomend: " + name + ": " + printable(error.what()) + "\n");
    return 2;
  }
}

}  // namespace

int be_companion(int argc, char** argv) {
  const Arguments words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) {
    write_all(STDERR_FILENO, help_of_all(Paint(STDERR_FILENO).width()));
    return 2;
  }
  if (!words[0].starts_with('-')) return run_command(words);
  if (words[0] == "--version") return print("gomend " GOMEND_VERSION "\n");
  if (words[0] == "--help" || words[0] == "-h")
    return print(help_of_all(Paint(STDOUT_FILENO).width()));
  return misuse("no option '" + words[0] + "'", "gomend help");
}

}  // namespace shim

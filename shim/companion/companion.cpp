#include "shim/companion/companion.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>

#include "recovery/os/changed_signal.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/help_text.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/table.hpp"
#include "shim/companion/version.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

int misuse(const std::string& words, const std::string& next) {
  write_all(STDERR_FILENO, "gomend: " + printable(words) + "; see: " + next + "\n");
  return 2;
}

int print(const std::string& text) {
  write_out(text);
  return 0;
}

bool asks_for_help(const Arguments& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
}

int run_command(const Arguments& words) {
  const CommandRow* row = find_command(commands(), words[0]);
  if (row == nullptr) return misuse("unknown command '" + words[0] + "'", "gomend help");
  const Arguments arguments(words.begin() + 1, words.end());
  if (!row->is_verbatim && asks_for_help(arguments))
    return print(help_of(*row, Paint(STDOUT_FILENO).width()));
  const std::string name(row->name);
  try {
    if (row->is_verbatim) return row->run({{{}, arguments}, commands()});
    reserve_standard_streams();
    const recovery::ChangedSignal children(SIGCHLD, SIG_DFL);  // fix waits for one
    return row->run({parse(*row, arguments), commands()});
  } catch (const UsageError& error) {
    return misuse(name + ": " + error.what(), "gomend help " + name);
  } catch (const std::exception& error) {
    write_all(STDERR_FILENO, "gomend: " + name + ": " + printable(error.what()) + "\n");
    return 2;
  }
}

int be_gomend(const Arguments& words) {
  if (words.empty()) {
    write_all(STDERR_FILENO, help_of_all(commands(), Paint(STDERR_FILENO).width()));
    return 2;
  }
  if (!words[0].starts_with('-')) return run_command(words);
  if (words[0] == "--version") return print(version_text());
  if (words[0] == "--help" || words[0] == "-h")
    return print(help_of_all(commands(), Paint(STDOUT_FILENO).width()));
  return misuse("unknown option '" + words[0] + "'", "gomend help");
}

}  // namespace

int be_companion(int argc, char** argv) {
  const recovery::ChangedSignal limit(SIGXFSZ, SIG_IGN);  // it would end a repair between two steps
  const Arguments words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int status = be_gomend(words);
  return end_of_output(words.empty() || words[0].starts_with('-') ? "" : words[0], status);
}

}  // namespace shim

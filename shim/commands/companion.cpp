#include "shim/commands/companion.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shim/commands/history.hpp"
#include "shim/commands/restore.hpp"
#include "shim/commands/verify.hpp"
#include "shim/pipes.hpp"

namespace shim {
namespace {

namespace options = boost::program_options;

using Arguments = std::vector<std::string>;  // what follows the command's name

// To add a command: shim/commands/<name>.hpp and .cpp with `int <name>(const Arguments&)`, and one
// row here.
struct Row {
  std::string_view name;
  std::string_view help;
  int (*run)(const Arguments&);
};
const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"verify",
       "[--all] [--full] [--repair] [--json] [MODULE[@VERSION]…]  is what is cached right?",
       verify},
      {"history", "what was repaired, newest last", history},
      {"restore", "[ID]  put back what the newest repair, or that of the id, replaced", restore},
  };
  return all;
}

constexpr std::string_view introduction =
    "gomend: a go that mends its own module cache.\n"
    "\n"
    "Installed under the name `go` and first on PATH, it runs the real go; when that fails because "
    "something in the\n"
    "module cache is broken, it fetches a good copy of just that and runs the command again, "
    "once.\n"
    "\n"
    "GOMEND=off turns it off, GOMEND=advise only says what it would do, GOMEND_QUIET=1 keeps it "
    "silent,\n"
    "GOMEND_TRACE=1 (or a file) tells each step, GOMEND_REAL_GO names the real go.\n";

int print(std::string_view text) {
  write_all(STDOUT_FILENO, text);
  return 0;
}

std::string usage(const options::options_description& described) {
  std::string text = std::string(introduction) + "\nUsage: gomend [option] [command [argument…]]\n";
  for (const auto& option : described.options())
    text += "  --" + option->long_name() + "  " + option->description() + "\n";
  for (const Row& row : rows())
    text += "  " + std::string(row.name) + "  " + std::string(row.help) + "\n";
  return text;
}

int misuse(const std::string& words) {
  write_all(STDERR_FILENO, "gomend: " + words + "; next: gomend --help\n");
  return 2;
}

int run_command(const Arguments& words) {
  const auto row =
      std::find_if(rows().begin(), rows().end(), [&](const Row& r) { return r.name == words[0]; });
  if (row == rows().end()) return misuse("no command named '" + words[0] + "'");
  return row->run({words.begin() + 1, words.end()});
}

}  // namespace

int be_companion(int argc, char** argv) {
  const Arguments words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (!words.empty() && !words[0].starts_with('-')) return run_command(words);
  options::options_description described;
  described.add_options()("help", "say what gomend does")("version", "print the version");
  options::variables_map chosen;
  try {
    options::store(options::command_line_parser(words).options(described).run(), chosen);
  } catch (const options::error& error) {
    return misuse(error.what());
  }
  if (chosen.count("version") != 0) return print("gomend " GOMEND_VERSION "\n");
  if (chosen.count("help") != 0) return print(usage(described));
  write_all(STDERR_FILENO, usage(described));
  return 2;
}

}  // namespace shim

#include "shim/companion/frame/ask.hpp"

#include <errno.h>
#include <unistd.h>

#include "shim/companion/frame/options.hpp"
#include "shim/process/pipes.hpp"

namespace shim {
namespace {

std::string read_answer() {
  std::string line;
  for (char c = 0; line.size() < 100;) {
    const ssize_t n = read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || c == '\n') break;
    line += c;
  }
  return line;
}

}  // namespace

bool is_wanted(const std::string& question, bool yes) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
    throw UsageError("no terminal to ask on; --yes does not ask, --dry-run only shows it");
  write_all(STDERR_FILENO, question + " [y/N] ");
  const std::string answer = read_answer();
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace shim

#include "shim/commands/history.hpp"

#include <unistd.h>

#include "recovery/journal.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

std::string line_of(const recovery::JournalEntry& entry) {
  std::string text = entry.time + "  " + entry.module + ": ";
  for (std::size_t i = 0; i < entry.findings.size(); ++i) {
    text += (i == 0 ? "" : " and ") + entry.findings[i];
  }
  text += "; " + entry.done;
  if (!entry.replaced.empty() && !entry.quarantine.empty())
    text += "  (kept as " + entry.quarantine + ")";
  return printable(text) + "\n";
}

}  // namespace

int history(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    write_all(STDERR_FILENO, "gomend: history takes no arguments; next: gomend history\n");
    return 2;
  }
  for (const recovery::JournalEntry& entry : recovery::read_journal(env_of(environ))) {
    write_all(STDOUT_FILENO, line_of(entry));
  }
  return 0;
}

}  // namespace shim

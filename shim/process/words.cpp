#include "shim/process/words.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "recovery/os/changed_signal.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/settings/own_settings.hpp"
#include "shim/process/pipes.hpp"

namespace shim {
namespace {

bool is_set_to(const char* variable, std::string_view wanted) {
  const char* value = getenv(variable);
  return value != nullptr && value == wanted;
}

// A reader that has left must not kill us in the middle of a repair: what go's end says counts.
void write_line(const std::string& line) {
  const recovery::ChangedSignal reader(SIGPIPE, SIG_IGN);
  write_all(STDERR_FILENO, line + "\n");
}

// The escapes of the runner's workflow commands, so that no text can end the command and begin
// another.
std::string escape_annotation(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    if (c == '%')
      escaped += "%25";
    else if (c == '\r')
      escaped += "%0D";
    else if (c == '\n')
      escaped += "%0A";
    else
      escaped += c;
  }
  return escaped;
}

bool repairs_are_for_terminals = false;

}  // namespace

bool is_quiet() {
  const char* value = getenv("GOMEND_QUIET");
  return value != nullptr && recovery::switch_of(value).value_or(false);
}

std::string printable(const std::string& text) {
  return recovery::printable(text);
}

std::string annotation(std::string_view level, const std::string& text) {
  return "::" + std::string(level) + " title=gomend::" + printable(escape_annotation(text));
}

void say(const std::string& words) {
  if (!is_quiet()) write_line("gomend: " + printable(words));
}

void rewrite(const std::string& words) {
  if (is_quiet()) return;
  winsize size = {};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  std::string line = words.empty() ? "" : "gomend: " + printable(words);
  line = line.substr(0, is_known ? size.ws_col - 1U : 79U);
  const recovery::ChangedSignal reader(SIGPIPE, SIG_IGN);
  write_all(STDERR_FILENO, "\r\033[K" + line);
}

// A setting that was meant and does not count: told when there is something to say anyway.
static void complain_once(const std::vector<std::string>& complaints) {
  static bool is_told = false;
  if (std::exchange(is_told, true)) return;
  for (const std::string& one : complaints) say(one);
}

void report_repairs_on_terminal_only() {
  repairs_are_for_terminals = true;
}

bool reports_repairs() {
  return !repairs_are_for_terminals || isatty(STDERR_FILENO) == 1;
}

void say(const recovery::Outcome& outcome) {
  if (outcome.kind == recovery::Outcome::Kind::repaired && !reports_repairs()) return;
  for (const std::string& words : outcome.words) say(words);
  if (!outcome.words.empty()) complain_once(outcome.complaints);
  if (is_quiet() || !is_set_to("GITHUB_ACTIONS", "true")) return;
  for (const std::string& annotation : outcome.annotations) {
    write_line(shim::annotation("notice", annotation));
  }
}

void start_trace() {
  const char* where = getenv("GOMEND_TRACE");
  if (where == nullptr) return;
  const auto is_on = recovery::switch_of(where);  // else a file
  if (is_on == false) return;
  static recovery::Fd owner;
  const bool to_stderr = is_on.has_value();
  owner = out_of_the_way(recovery::Fd(
      to_stderr ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)
                : open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)));
  if (owner) recovery::set_trace(owner.get());
}

}  // namespace shim

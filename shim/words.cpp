#include "shim/words.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <string_view>

#include "shim/pipes.hpp"

namespace shim {
namespace {

bool is_set_to(const char* variable, std::string_view wanted) {
  const char* value = getenv(variable);
  return value != nullptr && value == wanted;
}

// A reader that has left must not kill us in the middle of a repair: what go's end says counts.
void write_line(const std::string& line) {
  const auto before = signal(SIGPIPE, SIG_IGN);
  write_all(STDERR_FILENO, line + "\n");
  signal(SIGPIPE, before);
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

bool mends_are_for_people = false;

}  // namespace

bool is_quiet() {
  return is_set_to("GOMEND_QUIET", "1");
}

std::string printable(const std::string& text) {
  std::string line = text;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

std::string annotation(std::string_view level, const std::string& text) {
  return "::" + std::string(level) + " title=gomend::" + escape_annotation(text);
}

void say(const std::string& words) {
  if (!is_quiet()) write_line("gomend: " + printable(words));
}

void say_mends_to_people_only() {
  mends_are_for_people = true;
}

bool says_mends() {
  return !mends_are_for_people || isatty(STDERR_FILENO) == 1;
}

void say(const recovery::Outcome& outcome) {
  if (outcome.kind == recovery::Outcome::Kind::mended && !says_mends()) return;
  for (const std::string& words : outcome.words) say(words);
  if (is_quiet() || !is_set_to("GITHUB_ACTIONS", "true")) return;
  for (const std::string& annotation : outcome.annotations) {
    write_line(shim::annotation("notice", annotation));
  }
}

void start_trace() {
  const char* where = getenv("GOMEND_TRACE");
  if (where == nullptr || *where == '\0' || is_set_to("GOMEND_TRACE", "0")) return;
  static recovery::Fd owner;
  const bool to_stderr = is_set_to("GOMEND_TRACE", "1");
  owner = out_of_the_way(recovery::Fd(
      to_stderr ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)
                : open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)));
  if (owner) recovery::set_trace(owner.get());
}

}  // namespace shim

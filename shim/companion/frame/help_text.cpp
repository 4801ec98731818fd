#include "shim/companion/frame/help_text.hpp"

#include <algorithm>

#include "shim/companion/frame/colour.hpp"

namespace shim {
namespace {

constexpr std::string_view introduction =
    "gomend: a drop-in go that repairs Go's module cache and build cache. Installed as go and "
    "first "
    "on PATH it runs the real go; when that fails because something in a cache is corrupt, it "
    "repairs just that and retries the command, once. Its own commands:";

constexpr std::string_view variables =
    "GOMEND=off disables it, GOMEND=advise only says what it would do, GOMEND_QUIET=1 silences "
    "it, GOMEND_TRACE=1 (or a file) traces each step, GOMEND_REAL_GO is the path of the real go.";

// Two columns, the right one wrapped.
std::string row_of(const std::string& left, std::string_view right, std::size_t left_width,
                   std::size_t width) {
  std::string text = "  " + left;
  text.resize(std::max(text.size() + 2, left_width + 4), ' ');
  return text + wrapped(right, width, left_width + 4) + "\n";
}

std::string usage_of(const CommandRow& command) {
  std::string text = "gomend " + std::string(command.name);
  if (!command.options.empty()) text += " [option…]";
  if (!command.arguments.empty()) text += " " + std::string(command.arguments);
  return text;
}

std::string flag_of(const Option& option) {
  return "--" + std::string(option.name) +
         (option.value.empty() ? "" : "=" + std::string(option.value));
}

// A page in the words of man(7): a line that begins with a dot or a quote would be a macro.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string manual(const Commands& commands) {
  std::string text =
      ".TH GOMEND 1 \"\" \"gomend " GOMEND_VERSION "\"\n.SH NAME\n" +
      roff("gomend - a drop-in go that repairs its module cache") +
      "\n.SH SYNOPSIS\n.B go\n.I arguments\n.br\n.B gomend\n.I command\n[\\fIoption\\fR...] "
      "[\\fIargument\\fR...]\n.SH DESCRIPTION\n" +
      roff(introduction) + "\n.SH COMMANDS\n";
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    text += ".SS " + roff(usage_of(command)) + "\n" + roff(command.summary) + ".\n";
    if (!command.about.empty()) text += roff(command.about) + "\n";
    for (const Option& option : command.options)
      text += ".TP\n.B " + roff(flag_of(option)) + "\n" + roff(option.help) + "\n";
    for (const Example& example : command.examples)
      text += ".TP\n.RI \"" + roff(example.command) + "\"\n" + roff(example.what) + "\n";
    if (!command.status.empty()) text += ".PP\nExit status: " + roff(command.status) + ".\n";
  }
  text += ".SH EXIT STATUS\n" +
          roff(
              "0 success; 1 something was found or could not be done; 2 the answer could not be "
              "determined, or wrong usage.") +
          "\n.SH ENVIRONMENT\n" + roff(variables) + " " +
          roff(
              "GOMEND_PUBLIC and GOMEND_FALLBACK: proxies that serve public modules only, and "
              "additional sources; GOMEND_SUMDB: another address of the checksum database; "
              "config.toml may set them, too. NO_COLOR: no colours.") +
          "\n.SH FILES\n" +
          roff(
              "~/.config/gomend/config.toml, /etc/gomend/config.toml: settings; "
              "~/.local/state/gomend/journal.jsonl: what was repaired; "
              "GOMODCACHE/cache/gomend/quarantine: what was replaced, for two weeks.") +
          "\n.SH SEE ALSO\n.BR go (1)\n";
  return text;
}

std::string json_keys(const Commands& commands) {
  std::string text;
  for (const CommandRow* row : commands) {
    const CommandRow& command = *row;
    if (command.json.empty()) continue;
    text += "### gomend " + std::string(command.name) + " --json\n\n";
    for (const JsonKey& key : command.json)
      text += "- `" + std::string(key.name) + "`: " + std::string(key.meaning) + "\n";
    text += "\n";
  }
  text.pop_back();
  return text;
}

std::string help_of(const CommandRow& command, std::size_t width) {
  std::string text = "Usage: " + usage_of(command) + "\n\n" +
                     wrapped(std::string(command.summary) + ".", width, 0) + "\n";
  if (!command.about.empty()) text += "\n" + wrapped(command.about, width, 0) + "\n";
  std::size_t left = 0;
  for (const Option& option : command.options) left = std::max(left, flag_of(option).size());
  if (!command.options.empty()) text += "\n";
  for (const Option& option : command.options)
    text += row_of(flag_of(option), option.help, left, width);
  if (!command.examples.empty()) text += "\n";
  for (const Example& example : command.examples) {
    text +=
        "  " + std::string(example.command) + "\n      " + wrapped(example.what, width, 6) + "\n";
  }
  if (!command.status.empty())
    text += "\n" + wrapped("Exit status: " + std::string(command.status) + ".", width, 0) + "\n";
  return text;
}

std::string help_of_all(const Commands& commands, std::size_t width) {
  std::string text = wrapped(introduction, width, 0) + "\n\n";
  std::size_t left = 0;
  for (const CommandRow* row : commands) left = std::max(left, row->name.size());
  for (const CommandRow* row : commands)
    text += row_of(std::string(row->name), row->summary, left, width);
  return text +
         "\nSee gomend help COMMAND for one of them; gomend --version prints the version.\n\n" +
         wrapped(variables, width, 0) + "\n";
}

}  // namespace shim

#include "recovery/os/next_command.hpp"

#include <algorithm>
#include <array>

namespace recovery {
namespace {

// How the commands begin that change nothing.
constexpr std::array looks{
    "$EDITOR ",
    "cat ",
    "df ",
    "echo ",
    "file ",
    "git config --list",
    "git diff",
    "git log",
    "go env GO",
    "go help",
    "go list",
    "go mod edit -json",
    "go version",
    "go work edit -json",
    "gomend diff",
    "gomend help",
    "gomend history",
    "gomend patterns",
    "grep ",
    "less ",
    "ls ",
    "ssh-keyscan ",
};

// "go -C DIR mod tidy" without the directory, which may be quoted.
std::string without_directory(std::string_view command) {
  for (const std::string_view program : {"go -C ", "git -C "}) {
    if (!command.starts_with(program)) continue;
    const std::string_view rest = command.substr(program.size());
    const std::size_t end = rest.starts_with('\'') ? rest.find("' ", 1) : rest.find(' ');
    if (end == rest.npos) break;
    return std::string(program.substr(0, program.find('-'))) +
           std::string(rest.substr(rest.find(' ', end) + 1));
  }
  return std::string(command);
}

}  // namespace

std::string_view next_label(std::string_view command) {
  const std::string bare = without_directory(command);
  const bool only_looks =
      std::ranges::any_of(looks, [&](const char* look) { return bare.starts_with(look); });
  return only_looks ? "see" : "run";
}

std::string with_next(const std::string& words, const std::string& command) {
  if (command.empty()) return words;
  return words + "; " + std::string(next_label(command)) + ": " + command;
}

}  // namespace recovery

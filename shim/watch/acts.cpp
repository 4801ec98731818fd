#include "shim/watch/acts.hpp"

#include "shim/process/stall.hpp"

namespace shim {
namespace {

acting::Kind kind_of(const Session& session) {
  using acting::Kind;
  const Command& command = session.command;
  if (command.way == Command::Way::ask_again) return Kind::tool;
  if (command.verb == "mod verify") return Kind::asks;
  if (command.rewrites_sources) return Kind::rewrites;
  if (command.verb == "vet") return Kind::vets;
  if (command.verb == "run" || command.out == Command::Stdout::test_stream) return Kind::runs;
  return shows_text_of_others(session.argv) ? Kind::shows : Kind::works;
}

}  // namespace

acting::Command acting_command(const Session& session, bool is_merged) {
  acting::Command command;
  command.kind = kind_of(session);
  command.has_users_tool = has_users_tool(session.argv);
  command.is_merged = is_merged;
  command.is_repeatable = !session.command.never_again && !reads_unrepeatable(session.argv);
  command.advise_only = session.advise_only;
  return command;
}

acting::Ending ending_of(ExitStatus status, bool interrupted, bool errors_in_data) {
  using acting::Ending;
  if (status.by_signal() || interrupted) return Ending::by_others;
  if (status.success()) return errors_in_data ? Ending::failed : Ending::succeeded;
  return Ending::failed;
}

bool has_heading(std::string_view text) {
  return text.starts_with("# ") || text.find("\n# ") != std::string_view::npos ||
         text.find(": # ") != std::string_view::npos;
}

int patience_of(const Session& session) {
  const int seconds = stall_seconds();
  return seconds > 0 && has_users_tool(session.argv) ? 0 : seconds;
}

}  // namespace shim

#include "shim/commands/verify.hpp"

#include <unistd.h>

#include <exception>

#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

int fail(const std::string& words) {
  write_all(STDERR_FILENO, "gomend: " + printable(words) + "\n");
  return 2;
}

}  // namespace

int verify(const std::vector<std::string>& arguments) {
  const bool repair = arguments == std::vector<std::string>{"--repair"};
  if (!repair && !arguments.empty()) return fail("verify takes --repair only; next: gomend verify");
  const auto go = find_real_go();
  if (!go) return fail("no go found; next: set GOMEND_REAL_GO to the path of the real go");
  Session session;
  session.go = go->path;
  session.argv = {"go", "verify"};
  session.env = environ;
  session.advise_only = !repair;
  session.command.verb = "verify";
  try {
    const recovery::Outcome outcome = recovery::verify(request_for(session, "", now_ns()));
    for (const std::string& words : outcome.words)
      write_all(STDOUT_FILENO, printable(words) + "\n");
    if (outcome.words.empty()) write_all(STDOUT_FILENO, "all modules verified\n");
    return outcome.kind == recovery::Outcome::Kind::advice ? 1 : 0;
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace shim

#include "shim/commands/here.hpp"

#include <unistd.h>

#include <stdexcept>

#include "shim/real_go.hpp"
#include "shim/session.hpp"

namespace shim {

recovery::Request request_here(const std::string& verb) {
  const auto go = find_real_go();
  if (!go) throw std::runtime_error("no go found; next: export GOMEND_REAL_GO=/path/to/go");
  Session session;
  session.go = go->path;
  session.argv = {"go", verb};
  session.env = environ;
  session.command.verb = verb;
  return request_for(session, "", now_ns());
}

}  // namespace shim

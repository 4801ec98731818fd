#include "shim/companion/frame/request_here.hpp"

#include <unistd.h>

#include <stdexcept>

#include "recovery/settings/request.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/clock.hpp"

namespace shim {

recovery::Request request_here(const std::string& verb) {
  const auto go = find_real_go();
  if (!go) {
    const NoGo none = why_no_go();
    throw std::runtime_error(none.words + "; " + none.next);
  }
  Session session;
  session.go = go->path;
  session.argv = {"go", verb};
  session.env = environ;
  session.command.verb = verb;
  return request_for(session, "", now_ns());
}

}  // namespace shim

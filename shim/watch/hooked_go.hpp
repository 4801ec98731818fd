#pragma once
// A go that is watched, and runs the user's program by our hook where its command has one.

#include <optional>
#include <string>
#include <vector>

#include "recovery/os/fd.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/watched.hpp"
#include "shim/watch/hook.hpp"

namespace shim {

class HookedGo {
 public:
  // Starts it. Throws as HookServer and with_hook do.
  HookedGo(const Session& session, bool has_out_pipe, const Signals& signals);

  Watched& go() { return *go_; }
  HookServer* hook() { return hook_ ? &*hook_ : nullptr; }  // null: the command has none

 private:
  std::optional<HookServer> hook_;
  std::optional<Watched> go_;
};

// Lets the program of an accepted hook begin, when all that go has said is passed on: why it could
// not be run (HookServer::settle), or "".
std::string let_program_begin(HookServer& server, const recovery::Fd& hook, Watched& go,
                              int out_pipe);

}  // namespace shim

#include "shim/watch/hooked_go.hpp"

#include <poll.h>
#include <unistd.h>

#include "shim/watch/acts.hpp"

namespace shim {

HookedGo::HookedGo(const Session& session, bool has_out_pipe, const Signals& signals) {
  std::vector<std::string> argv = session.argv;
  if (session.command.way == Command::Way::hook) {
    hook_.emplace();
    argv = with_hook(session.argv, session.command.flags_at, *hook_);
  }
  const std::vector<char*> array = as_array(argv);
  const Plumbing plumbing = {.out_pipe = has_out_pipe,
                             .merged = same_open_file(STDOUT_FILENO, STDERR_FILENO),
                             .also = hook_ ? hook_->fd() : -1,
                             .patience = patience_of(session)};
  go_.emplace(Launch{session.go.c_str(), array.data(), session.env}, plumbing, signals);
  if (hook_) hook_->serve(go_->pid());
}

std::string let_program_begin(HookServer& server, const recovery::Fd& hook, Watched& go,
                              int out_pipe) {
  if (!server.hand_over(hook, out_pipe, go.pipe_of(Stream::err))) return {};
  while (go.wait_for(hook.get(), POLLIN) && server.hear(hook)) continue;
  return server.settle();
}

}  // namespace shim

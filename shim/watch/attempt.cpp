#include "shim/watch/attempt.hpp"

#include <unistd.h>

#include <optional>

#include "shim/process/clock.hpp"
#include "shim/process/watched.hpp"
#include "shim/watch/build_events.hpp"
#include "shim/watch/hooked_go.hpp"
#include "shim/watch/list_errors.hpp"
#include "shim/watch/suspicion.hpp"
#include "shim/watch/text_kept.hpp"

namespace shim {
namespace {

// What -e makes of a large repository's packages is some megabytes, and is read by a tool at the
// end.
constexpr std::size_t most_held = 1 << 20;
constexpr std::size_t most_held_with_errors = 4 << 20;
constexpr std::string_view artefact = "exit status 1\n";  // go's word on a hook whose execve failed

class Passing {
 public:
  Passing(Watched& go, const Command& command, HookServer* hook)
      : go_(go), command_(command), hook_(hook) {}

  void run() {
    for (Event event = go_.next(); event.kind != Event::ended; event = go_.next()) take(event);
    result_.status = go_.status();
    result_.interrupted = go_.interrupted();
    result_.is_childless = go_.ended_childless();
    result_.is_merged = go_.merged();
    if (go_.stalled()) kept_.append(tell_of_stall());
    result_.text = kept_.str();
    if (command_.json) result_.text += build_output_text(go_.merged() ? kept_.str() : result_.held);
    if (command_.errors_as_data && result_.status.success()) add_errors_in_data();
    result_.user_code_begun = hook_ != nullptr && hook_->user_code_begun();
  }
  Attempt& result() { return result_; }

 private:
  void take(const Event& event) {
    switch (event.kind) {
      case Event::bytes_read:
        return event.stream == Stream::err ? take_err(event.bytes) : hold(Stream::out, event.bytes);
      case Event::also_ready:
        return answer_hook();
      case Event::reader_left:
        return go_.close_pipe(Stream::out);
      case Event::ended:
        return;
    }
  }

  void add_errors_in_data() {
    const std::string errors = list_errors_text(result_.held);
    result_.errors_in_data = !errors.empty();
    result_.text += errors;
  }

  void take_err(std::string_view bytes) {
    if (could_not_run_ && bytes == artefact) return;
    kept_.append(bytes);
    const bool has_data = go_.merged() && command_.out == Command::Stdout::hold;
    if (has_data && (!result_.held.empty() || more_than_chatter(bytes)))
      return hold(Stream::err, bytes);
    go_.pass(Stream::err, bytes);
  }

  void hold(Stream stream, std::string_view bytes) {
    const std::size_t most = command_.errors_as_data ? most_held_with_errors : most_held;
    if (result_.held.empty()) result_.held.reserve(most);  // no copies while it grows
    if (!result_.passed_stdout && result_.held.size() + bytes.size() <= most) {
      result_.held.append(bytes);
      return;
    }
    result_.passed_stdout = true;
    go_.pass(stream, result_.held);
    result_.held.clear();
    go_.pass(stream, bytes);
    if (stream == Stream::out) go_.let_stdout_through();
  }

  // All that go has said goes out before the program can say anything.
  void answer_hook() {
    const recovery::Fd hook = hook_->accept();
    if (!hook) return;
    for (auto bytes = go_.read_now(Stream::err); !bytes.empty(); bytes = go_.read_now(Stream::err))
      take_err(bytes);
    if (const std::string error = let_program_begin(*hook_, hook, go_, -1); !error.empty()) {
      could_not_run_ = true;
      take_err(error);
    }
  }

  Watched& go_;
  const Command& command_;
  HookServer* hook_;
  bool could_not_run_ = false;  // the program that a hook was to run
  Attempt result_;
  TextKept kept_;
};

}  // namespace

Attempt attempt(const Session& session, const Signals& signals) {
  const long long started = now_ns();
  HookedGo hooked(session, session.command.out == Command::Stdout::hold, signals);
  Passing passing(hooked.go(), session.command, hooked.hook());
  passing.run();
  passing.result().started_ns = started;
  hooked.go().leave_relay();
  return std::move(passing.result());
}

Attempt attempt_unwatched(const Session& session, const std::vector<std::string>& argv,
                          const Signals& signals) {
  const std::vector<char*> array = as_array(argv);
  Attempt result;
  result.started_ns = now_ns();
  Watched go({session.go.c_str(), array.data(), session.env}, {.err_pipe = false}, signals);
  while (go.next().kind != Event::ended) continue;
  result.status = go.status();
  result.interrupted = go.interrupted();
  result.is_childless = go.ended_childless();
  return result;
}

}  // namespace shim

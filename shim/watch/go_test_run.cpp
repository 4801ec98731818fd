#include "shim/watch/go_test_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "recovery/os/trace.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "shim/process/clock.hpp"
#include "shim/process/descendants.hpp"
#include "shim/process/watched.hpp"
#include "shim/process/words.hpp"
#include "shim/watch/acts.hpp"
#include "shim/watch/go_test_merge.hpp"
#include "shim/watch/go_test_output.hpp"
#include "shim/watch/hooked_go.hpp"
#include "shim/watch/never_started.hpp"
#include "shim/watch/suspicion.hpp"
#include "shim/watch/text_kept.hpp"

namespace shim {
namespace {

constexpr std::size_t window = 8 << 10;  // bytes of recent text that are diagnosed together
constexpr int most_looks = 200;          // a build that floods stderr (-x) is not stopped for ever

bool tells_of_failure(const TestLine& line) {
  switch (line.kind) {
    case TestLine::announce:
    case TestLine::build_output:
    case TestLine::build_fail:
    case TestLine::start:
      return true;
    default:
      return false;
  }
}

bool is_result(std::string_view line) {
  const auto kind = read_test_line(line, false, false).kind;
  return kind != TestLine::other || line.starts_with("--- ") || line.starts_with("=== ") ||
         line == "PASS";
}

bool is_words(const TestLine& line) {
  return line.kind == TestLine::other || line.kind == TestLine::plain;
}

// Of the merged stream: what may be go's words. Lines about results are not: rules take them for a
// test's failure.
std::string words_of_go(std::string_view text) {
  std::string words;
  if (!has_go_speaking(text)) return words;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!is_result(line)) words += std::string(line) + "\n";
  }
  return words;
}

class GoTestRun {
 public:
  GoTestRun(const Session& session, const Signals& signals, Watched& go, HookServer* hook)
      : session_(session),
        signals_(signals),
        go_(go),
        hook_(hook),
        lines_(session.command.json, go.merged()),
        output_(session.command.json, go, result_) {}

  TestAttempt run() {
    result_.started_ns = now_ns();
    for (Event event = go_.next(); event.kind != Event::ended && !killed(); event = go_.next())
      take(event);
    if (!killed()) finish();
    if (go_.stalled()) keep(tell_of_stall());
    result_.text = kept_.str();
    result_.interrupted = go_.interrupted();
    result_.is_merged = go_.merged();
    result_.user_code_begun = hook_ != nullptr && hook_->user_code_begun();
    return std::move(result_);
  }

 private:
  using State = GoTestOutput::State;

  bool killed() const { return result_.is_killed; }

  void take(const Event& event) {
    switch (event.kind) {
      case Event::bytes_read:
        if (event.stream == Stream::err && !go_.merged()) return take_err(std::string(event.bytes));
        if (go_.merged() && output_.state() != State::through) keep(words_of_go(event.bytes));
        if (output_.state() != State::through) output_.feed_results(event.bytes);
        lines_.feed(event.bytes);
        return take_lines();
      case Event::also_ready:
        return answer_hook();
      case Event::reader_left:
        return go_.close_pipe(Stream::out);
      case Event::ended:
        return;
    }
  }

  // ---- stderr: go's own words ----

  void take_err(const std::string& bytes) {
    output_.flush();
    keep(bytes);
    if (output_.state() == State::watching && more_than_chatter(bytes)) {
      stop_and_inspect();
      if (!killed() && !reports_repairs()) look_and_hold();
    }
    // What is about to be mended, or is go's last word, is nothing yet to a reader that counts it.
    const bool may_be_undone =
        !reports_repairs() && (output_.state() == State::holding || has_ended_);
    if (killed() || may_be_undone)
      result_.held_err += bytes;
    else
      go_.pass(Stream::err, bytes);
  }

  void keep(std::string_view text) {
    if (text.empty()) return;
    kept_.append(text);
    recent_.append(text);
    if (recent_.size() > 2 * window) recent_.erase(0, recent_.size() - window);
    unseen_ = true;
  }

  void drain_err() {
    if (go_.merged()) return;
    for (auto bytes = go_.read_now(Stream::err); !bytes.empty() && !killed();
         bytes = go_.read_now(Stream::err)) {
      take_err(std::string(bytes));
    }
  }

  // ---- stdout: results, and with -json what could not be built ----
  void take_lines() {
    while (!killed()) {
      auto line = lines_.next(output_.state() == State::holding);
      if (!line) return output_.flush();
      current_ = std::move(*line);
      if (output_.state() == State::watching) ask_if_telling();
      if (killed()) return;
      output_.place(std::exchange(current_, {}));
    }
  }

  // A line that tells of a package that can't start: what stderr says about it is there by now.
  void ask_if_telling() {
    if (current_.kind == TestLine::build_output) keep(current_.output);
    const bool is_announcement = tells_of_failure(current_);
    if (!is_announcement && !(go_.merged() && may_be_go_speaking(current_.bytes))) return;
    drain_err();
    if (killed() || output_.state() != State::watching || !more_than_chatter(recent_)) return;
    stop_and_inspect();
    if (!killed() && output_.state() == State::watching && is_announcement) look_and_hold();
  }

  void finish() {
    output_.settle_block();
    if (std::string rest = lines_.take_rest(); !rest.empty())
      output_.pass_or_hold({TestLine::other, {}, {}, std::move(rest)});
    if (output_.results().are_too_many()) output_.let_go();
    output_.flush();
    result_.never_started = never_started(result_.held, output_.results(), session_.command.json);
    result_.results = std::move(output_.results());
    result_.status = go_.status();
    result_.lost_output = go_.lost_output() && output_.has_one_package() &&
                          streams_one_test(session_.argv, session_.command);
    result_.is_childless = go_.ended_childless();
  }

  // ---- the hook ----

  void answer_hook() {
    const recovery::Fd hook = hook_->accept();
    if (!hook) return;
    let_all_out();
    const std::string error = let_program_begin(*hook_, hook, go_, go_.pipe_of(Stream::out));
    if (!error.empty()) {
      keep(error);
      output_.pass_out(error);
      output_.flush();
    }
  }

  // The program writes to the user's own descriptors from now on: all that go has said must be
  // there before it.
  void let_all_out() {
    output_.stop_watching();
    drain_err();
    const Stream stream = go_.merged() ? Stream::err : Stream::out;
    for (auto bytes = go_.read_now(stream); !bytes.empty(); bytes = go_.read_now(stream))
      lines_.feed(bytes);
    take_lines();
    output_.settle_block();
    output_.let_go();
    if (!lines_.empty()) output_.pass_out(lines_.take_rest());
    output_.flush();
    result_.stdout_used = true;
  }

  // ---- stop, look, decide ----

  bool may_look() const { return unseen_ && looks_ < most_looks && !session_.advise_only; }

  // While go has started nothing, what is read is its own word, and all of it can be run again.
  void stop_and_inspect() {
    if (!may_look() || has_started_) return;
    has_started_ = !go_.has_ended() && hook_ == nullptr && may_have_had_children(go_.pid());
    if (has_started_) return;
    output_.flush();
    has_ended_ = !go_.stop();
    if (has_ended_) return;  // what is to be done is decided at the end
    recovery::trace("go test: stopped, looking");
    const acting::Signs signs = signs_now();
    has_started_ = hook_ == nullptr && !signs.is_childless;
    const bool has_been_read = hook_ != nullptr && result_.stdout_used;
    if (has_started_ || has_been_read || !has_cause(signs)) return go_.go_on();
    const acting::Acts acts = what_may_follow(command(), signs, acting::Evidence::newer);
    const bool is_up_to_date = !go_.interrupted() && go_.still_stopped();
    if (!acts.run_again || !is_up_to_date) return go_.go_on();
    result_.is_childless = signs.is_childless;
    kill_all();
  }

  acting::Signs signs_now() const {
    acting::Signs signs{.ending = acting::Ending::running,
                        .is_childless = go_.is_childless(),
                        .has_heading = has_heading(recent_),
                        .has_results = result_.has_results};
    if (hook_ != nullptr) {
      const bool may_begin = hook_->user_code_begun() || readable_now(hook_->fd());
      signs.hook = may_begin ? acting::Hook::begun : acting::Hook::waits;
    }
    return signs;
  }

  const acting::Command& command() {
    if (!command_) command_ = acting_command(session_, go_.merged());
    return *command_;
  }

  // Tests may be running, and go goes on. Held is what a second run would say otherwise.
  void look_and_hold() {
    if (!may_look() || hook_ != nullptr || !may_join(session_, command())) return;
    recovery::trace("go test: tests may be running; looking");
    if (has_cause({.ending = acting::Ending::running}) || is_lacking()) output_.hold();
  }

  // Is something broken on the disk that the recent words point at, or has a source that is away
  // left the cache without a module that they name?
  bool has_cause(const acting::Signs& signs) {
    unseen_ = false;
    ++looks_;
    if (!suspect(recent_)) return false;
    const AsInherited default_signals(signals_);
    try {
      const bool gos_own = speaker_of(command(), signs) == acting::Speaker::go;
      recovery::Request request = request_for(session_, kept_.str(), result_.started_ns);
      if (!gos_own) request.trust = recovery::Trust::may_be_anybodys;
      return recovery::look(request) || (gos_own && recovery::lacks(request));
    } catch (const std::exception& failure) {
      recovery::trace(std::string("look failed: ") + failure.what());
      return false;
    }
  }

  // The same, whoever speaks: to hold back needs no proof, and go is asked before anything is
  // fetched.
  bool is_lacking() {
    const AsInherited default_signals(signals_);
    try {
      return recovery::lacks(request_for(session_, kept_.str(), result_.started_ns));
    } catch (const std::exception& failure) {
      recovery::trace(std::string("look failed: ") + failure.what());
      return false;
    }
  }

  void kill_all() {
    if (!go_.merged()) {
      for (auto bytes = go_.read_now(Stream::err); !bytes.empty();
           bytes = go_.read_now(Stream::err)) {
        keep(bytes);
        result_.held_err += bytes;
      }
    }
    go_.kill_all();
    if (go_.merged()) hold_words();
    result_.is_killed = true;
    recovery::trace("go test: nothing of the user's has run; starting over");
  }

  // Of the merged stream: go's words, without what it says about packages that will be run after
  // all.
  void hold_words() {
    if (is_words(current_)) result_.held_err += current_.bytes;
    while (const auto line = lines_.next(true)) {
      if (is_words(*line)) result_.held_err += line->bytes;
    }
  }

  const Session& session_;
  const Signals& signals_;
  Watched& go_;
  HookServer* hook_;
  TestLines lines_;
  TestLine current_;  // the line that is being decided about
  TextKept kept_;
  std::string recent_;
  bool has_ended_ = false;
  bool unseen_ = false;  // text that no look has seen
  int looks_ = 0;
  bool has_started_ = false;  // go may have started something
  std::optional<acting::Command> command_;
  TestAttempt result_;
  GoTestOutput output_;
};

}  // namespace

TestAttempt attempt_test(const Session& session, const Signals& signals) {
  HookedGo hooked(session, true, signals);
  TestAttempt result = GoTestRun(session, signals, hooked.go(), hooked.hook()).run();
  if (!result.is_killed) hooked.go().leave_relay();
  return result;
}

}  // namespace shim

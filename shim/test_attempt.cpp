#include "shim/test_attempt.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "shim/descendants.hpp"
#include "shim/hook.hpp"
#include "shim/suspicion.hpp"
#include "shim/test_lines.hpp"
#include "shim/text_kept.hpp"
#include "shim/watched.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using End = TestAttempt::End;

constexpr std::size_t window = 8 << 10;  // bytes of recent text that are diagnosed together
constexpr const char* fail_word = "FAIL\t";
constexpr int most_looks = 200;  // a build that floods stderr (-x) is not stopped for ever

class TestRun {
 public:
  TestRun(const Session& session, const Signals& signals, Watched& go, HookServer* hook)
      : session_(session), signals_(signals), go_(go), hook_(hook), lines_(session.command.json) {}

  TestAttempt run() {
    result_.started_ns = now_ns();
    for (Event event = go_.next(); event.kind != Event::ended && !killed(); event = go_.next())
      take(event);
    if (!killed()) finish();
    if (go_.stalled()) keep(tell_of_stall());
    result_.text = kept_.str();
    result_.interrupted = go_.interrupted();
    result_.user_code_begun = hook_ != nullptr && hook_->user_code_begun();
    return std::move(result_);
  }

 private:
  enum class State {
    watching,  // nothing found yet
    mending,   // mended on the way: packages that never started are taken out
    through,   // nothing more to decide
  };

  bool killed() const { return result_.end == End::killed; }

  void take(const Event& event) {
    switch (event.kind) {
      case Event::bytes_read:
        if (event.stream == Stream::err && !go_.merged()) return take_err(std::string(event.bytes));
        if (go_.merged() && state_ == State::watching) keep_words(event.bytes);
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
    keep(bytes);
    if (state_ == State::watching && more_than_chatter(bytes)) stop_look_decide();
    // What is about to be mended, or is go's last word, is nothing yet to a reader that counts it.
    const bool may_be_undone = !says_mends() && (state_ == State::mending || has_ended_);
    if (killed() || may_be_undone)
      result_.held_err += bytes;
    else
      go_.pass(Stream::err, bytes);
  }

  void keep(std::string_view text) {
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
      auto line = lines_.next(state_ == State::mending);
      if (!line) return;
      current_ = std::move(*line);
      if (state_ == State::watching) ask_if_telling();
      if (killed()) return;
      place(std::exchange(current_, {}));
    }
  }

  // A line that tells of a package that can't start: what stderr says about it is there by now.
  void ask_if_telling() {
    if (current_.kind == TestLine::build_output) keep(current_.output);
    if (!is_telling(current_)) return;
    drain_err();
    if (!killed() && state_ == State::watching && more_than_chatter(recent_)) stop_look_decide();
  }

  bool is_telling(const TestLine& line) const {
    switch (line.kind) {
      case TestLine::announce:
      case TestLine::build_output:
      case TestLine::build_fail:
      case TestLine::start:
        return true;
      default:
        return go_.merged() && is_go_speaking(line.bytes);
    }
  }

  // In the merged stream go's own words have to be told from what tests print; the disk decides
  // what they are worth.
  static bool is_go_speaking(std::string_view line) {
    for (const char* start :
         {"# ", "go: ", "-> unzip ", "verifying ", "package ", "unzip ", "zip: ", "open "}) {
      if (line.starts_with(start)) return true;
    }
    return line.find(".go:") != std::string_view::npos || line.find("@v") != std::string_view::npos;
  }

  // Of the merged stream: what may be go's words. Lines about results are not: rules take them for
  // a test's failure.
  void keep_words(std::string_view text) {
    std::string words;
    bool go_speaks = false;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      go_speaks = go_speaks || is_go_speaking(line);
      if (!is_result(line)) words += std::string(line) + "\n";
    }
    if (go_speaks) keep(words);
  }

  static bool is_result(std::string_view line) {
    const auto kind = read_test_line(line, false, false).kind;
    return kind != TestLine::other || line.starts_with("--- ") || line.starts_with("=== ") ||
           line == "PASS";
  }

  void place(TestLine line) {
    const bool of_a_block = line.kind == TestLine::build_output && state_ == State::watching;
    if (!of_a_block) settle_block();
    if (of_a_block)
      block_.push_back(std::move(line));
    else if (state_ == State::mending)
      place_mending(std::move(line));
    else
      pass_line(line);
  }

  // -json: the lines about one package that can't be built stay together, for the first of them ("#
  // P") tells nothing.
  void settle_block() {
    for (TestLine& line : std::exchange(block_, {})) {
      if (state_ == State::mending)
        place_mending(std::move(line));
      else
        pass_line(line);
    }
  }

  void place_mending(TestLine line) {
    if (announced_.bytes.empty()) return place_unannounced(std::move(line));
    // With -json a package has never started only if its end comes right behind the announcement:
    // whose test ran, and printed these very words, has more to say.
    if (line.package != announced_.package && session_.command.json)
      return place_unannounced(std::move(line));
    const TestLine announced = std::exchange(announced_, {});
    if (line.kind == TestLine::failed) {
      drop_package(announced);
      return drop(line.bytes);
    }
    release_start(announced.package);
    pass_line(announced);
    place_unannounced(std::move(line));
  }

  void place_unannounced(TestLine line) {
    switch (line.kind) {
      case TestLine::announce:
        if (!may_name_package(line.package)) break;
        if (!session_.command.json || line.bytes.starts_with(fail_word)) return drop_package(line);
        if (!starts_.contains(line.package)) break;
        announced_ = std::move(line);
        return;
      case TestLine::build_output:
      case TestLine::build_fail:
        return drop(line.bytes);
      case TestLine::start:
        starts_[line.package] = line.bytes;
        return;
      case TestLine::final_fail:
        release_final_fail();
        final_fail_ = line.bytes;
        return;
      default:
        break;
    }
    release_final_fail();
    release_start(line.package);
    pass_line(line);
  }

  // It becomes an argument of the second run: never a flag, never a pattern.
  static bool may_name_package(const std::string& package) {
    return !package.starts_with('-') && package.find("...") == std::string::npos &&
           package.find_first_of(" \t=\"'\\") == std::string::npos;
  }

  void drop(const std::string& bytes) { result_.dropped += bytes; }

  void drop_package(const TestLine& line) {
    if (std::find(result_.hits.begin(), result_.hits.end(), line.package) == result_.hits.end()) {
      result_.hits.push_back(line.package);
    }
    result_.seen.insert(line.package);
    if (const auto start = starts_.find(line.package); start != starts_.end()) {
      drop(start->second);
      starts_.erase(start);
    }
    drop(line.bytes);
  }

  void release_start(const std::string& package) {
    const auto start = starts_.find(package);
    if (start == starts_.end()) return;
    pass_out(start->second);
    starts_.erase(start);
  }

  void release_final_fail() {
    if (!final_fail_.empty()) pass_out(std::exchange(final_fail_, {}));
  }

  // "?   \tm/p\t[no test files]", "\tm/p\t\tcoverage: 0.0% of statements": nothing ran, but it was
  // said.
  static std::string second_field(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) return {};
    const std::string_view rest = line.substr(tab + 1);
    return std::string(rest.substr(0, rest.find('\t')));
  }

  void pass_line(const TestLine& line) {
    const bool ran = line.kind == TestLine::passed || line.kind == TestLine::failed ||
                     line.kind == TestLine::package_event;
    if (line.kind == TestLine::failed || line.kind == TestLine::announce)
      result_.others_failed = true;
    result_.seen.insert(line.package.empty() ? second_field(line.bytes) : line.package);
    if (ran) result_.results_seen = true;
    if (ran) have_run_.insert(line.package);
    if (!is_harmless(line)) result_.stdout_used = true;
    pass_out(line.bytes);
  }

  // In the merged stream: lines that no test has written.
  bool is_harmless(const TestLine& line) const {
    return go_.merged() && line.kind == TestLine::other &&
           (is_go_speaking(line.bytes) || line.bytes == "\n");
  }

  void pass_out(const std::string& bytes) {
    go_.pass(go_.merged() ? Stream::err : Stream::out, bytes);
  }

  void finish() {
    settle_block();
    const std::string rest = lines_.take_rest();
    if (!announced_.bytes.empty()) drop_package(announced_);
    for (const auto& [package, start] : starts_) pass_out(start);
    if (!rest.empty()) {
      release_final_fail();
      result_.stdout_used = true;
      pass_out(rest);
    }
    drop(final_fail_);
    // Only a test that prints go's words can make a package appear as "never started" and with a
    // result as well.
    std::erase_if(result_.hits,
                  [this](const std::string& package) { return have_run_.contains(package); });
    if (state_ == State::mending) result_.end = End::joined;
    result_.status = go_.status();
    result_.nothing_started = go_.ended_childless();
  }

  // ---- the hook ----

  void answer_hook() {
    hook_->answer(
        go_.pipe_of(Stream::out), go_.pipe_of(Stream::err), [this] { let_all_out(); },
        [this](int fd) { return go_.wait_for(fd, POLLIN); });
    if (const std::string& error = hook_->exec_error(); !error.empty()) {
      keep(error);
      pass_out(error);
    }
  }

  // The program writes to the user's own descriptors from now on: all that go has said must be
  // there before it.
  void let_all_out() {
    state_ = state_ == State::watching ? State::through : state_;
    drain_err();
    const Stream stream = go_.merged() ? Stream::err : Stream::out;
    for (auto bytes = go_.read_now(stream); !bytes.empty(); bytes = go_.read_now(stream))
      lines_.feed(bytes);
    take_lines();
    settle_block();
    release_final_fail();
    if (!lines_.empty()) pass_out(lines_.take_rest());
    result_.stdout_used = true;
  }

  // ---- stop, look, decide ----

  void stop_look_decide() {
    if (!unseen_ || looks_ >= most_looks || session_.advise_only) return;
    unseen_ = false;
    ++looks_;
    has_ended_ = !go_.stop();
    if (has_ended_) return;  // what is to be done is decided at the end
    recovery::trace("go test: stopped, looking");
    const Suspicion suspicion = suspect(recent_);
    if (!suspicion.worth_a_look || !is_broken()) return go_.go_on();
    if (can_start_over(suspicion) && go_.still_stopped())  // else what was seen is out of date
      kill_all();
    else
      mend_on_the_way();
  }

  bool is_broken() {
    const AsInherited default_signals(signals_);
    try {
      return recovery::look(request_for(session_, kept_.str(), result_.started_ns));
    } catch (const std::exception& failure) {
      recovery::trace(std::string("look failed: ") + failure.what());
      return false;
    }
  }

  // True if it is certain that nothing of the user's has run: no result has been written, none is
  // on its way, and no test can have been started.
  bool can_start_over(const Suspicion& suspicion) {
    if (go_.interrupted() || session_.command.never_again || reads_unrepeatable(session_.argv))
      return false;
    const auto below = descendants_of(go_.pid());
    if (below.empty() && !may_have_had_children(go_.pid())) return true;
    if (result_.stdout_used || !only_harmless_on_its_way()) return false;
    if (hook_ != nullptr) return !hook_->user_code_begun() && !readable_now(hook_->fd());
    if (!suspicion.while_loading && !one_package()) return false;
    return std::none_of(below.begin(), below.end(), may_be_user_code);
  }

  bool one_package() const {
    const Command& command = session_.command;
    return command.packages.size() == 1 &&
           session_.argv[static_cast<std::size_t>(command.packages[0])].find("...") ==
               std::string::npos;
  }

  // go is stopped: what lies in the pipe is all that it has written.
  bool only_harmless_on_its_way() {
    const Stream stream = go_.merged() ? Stream::err : Stream::out;
    for (auto bytes = go_.read_now(stream); !bytes.empty(); bytes = go_.read_now(stream))
      lines_.feed(bytes);
    TestLines copy = lines_;
    while (const auto line = copy.next(true)) {
      switch (line->kind) {
        case TestLine::passed:
        case TestLine::package_event:
          return false;
        case TestLine::failed:
          if (!session_.command.json) return false;
          break;
        case TestLine::other:
          if (!is_harmless(*line)) return false;
          break;
        default:
          break;
      }
    }
    return copy.take_rest().empty();
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
    result_.end = End::killed;
    recovery::trace("go test: nothing of the user's has run; starting over");
  }

  // Of the merged stream: go's words, without what it says about packages that will be run after
  // all.
  void hold_words() {
    if (current_.kind == TestLine::other) result_.held_err += current_.bytes;
    while (const auto line = lines_.next(true)) {
      if (line->kind == TestLine::other) result_.held_err += line->bytes;
    }
  }

  // Tests may be running: they go on. The packages that could not start are run when go has ended.
  void mend_on_the_way() {
    go_.go_on();
    recovery::trace("go test: tests may be running; mending meanwhile");
    const AsInherited default_signals(signals_);
    try {
      const auto outcome =
          recovery::recover(request_for(session_, kept_.str(), result_.started_ns));
      say(outcome);
      result_.mended = outcome.kind == recovery::Outcome::Kind::mended;
    } catch (const std::exception& failure) {
      recovery::trace(std::string("recovery failed: ") + failure.what());
    }
    const bool can_join = result_.mended && session_.command.joinable;
    state_ = can_join ? State::mending : State::through;
  }

  const Session& session_;
  const Signals& signals_;
  Watched& go_;
  HookServer* hook_;
  TestLines lines_;
  std::vector<TestLine> block_;
  TestLine current_;    // the line that is being decided about
  TestLine announced_;  // -json: a package that seems not to have started; its next event tells
  State state_ = State::watching;
  TextKept kept_;
  std::string recent_;
  bool has_ended_ = false;
  bool unseen_ = false;  // text that no look has seen
  int looks_ = 0;
  std::string final_fail_;
  std::map<std::string, std::string> starts_;  // -json: held until the package's next event
  std::set<std::string> have_run_;
  TestAttempt result_;
};

}  // namespace

TestAttempt attempt_test(const Session& session, const Signals& signals) {
  std::optional<HookServer> hook;
  std::vector<std::string> argv = session.argv;
  if (session.command.way == Command::Way::hook) {
    hook.emplace();
    argv = with_hook(session.argv, session.command.flags_at, *hook);
  }
  const std::vector<char*> array = as_array(argv);
  const Plumbing plumbing = {.out_pipe = true,
                             .merged = same_open_file(STDOUT_FILENO, STDERR_FILENO),
                             .also = hook ? hook->fd() : -1,
                             .patience = stall_seconds()};
  Watched go({session.go.c_str(), array.data(), session.env}, plumbing, signals);
  TestAttempt result = TestRun(session, signals, go, hook ? &*hook : nullptr).run();
  if (result.end != End::killed) go.leave_relay();
  return result;
}

}  // namespace shim

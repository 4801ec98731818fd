#include "shim/heal.hpp"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "recovery/advised_command.hpp"
#include "recovery/last_advice.hpp"
#include "recovery/run.hpp"
#include "shim/attempt.hpp"
#include "shim/pipes.hpp"
#include "shim/test_attempt.hpp"
#include "shim/test_join.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Outcome;

// A failure of our own costs the user a repair, never a result.
Outcome recover(const Session& session, const std::string& text, long long started_ns) {
  try {
    return recovery::recover(request_for(session, text, started_ns));
  } catch (const std::exception& failure) {
    recovery::trace(std::string("recovery failed: ") + failure.what());
    return {};
  }
}

// The end of a command that is not run again: advice that can be carried out is noted for
// `gomend fix`.
void tell(const Session& session, const Outcome& outcome) {
  say(outcome);
  if (outcome.kind != Outcome::Kind::advice || is_quiet()) return;
  try {
    const recovery::Request request = request_for(session, "", 0);
    const std::string words = outcome.words.empty() ? "" : outcome.words.back();
    recovery::note_advice(request.env, {.time = "",
                                        .class_id = outcome.class_id,
                                        .dir = request.cwd,
                                        .command = recovery::command_in(words),
                                        .words = words});
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the advice is not noted: ") + failure.what());
  }
}

// `go list -e` has succeeded: only damage on the disk makes that a failure. A source that is away,
// or an import that nothing provides, is what -e was asked to put up with.
bool only_puts_up_with_it(const Session& session, const Attempt& attempt) {
  if (!attempt.status.success()) return false;
  try {
    return !recovery::look(request_for(session, attempt.text, attempt.started_ns));
  } catch (const std::exception& failure) {
    recovery::trace(std::string("looking failed: ") + failure.what());
    return true;
  }
}

bool is_program_status(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  const std::size_t start = end == std::string::npos ? end : text.rfind('\n', end);
  const std::string last = start == std::string::npos ? text : text.substr(start + 1);
  return last.starts_with("exit status ") || last.starts_with("signal: ");
}

// What failed was go's own work, not the user's program, test or wish to end.
bool may_be_ours(const Session& session, const Attempt& attempt) {
  if (attempt.status.success()) return attempt.errors_in_data && !attempt.interrupted;
  if (attempt.status.by_signal() || attempt.interrupted) return false;
  if (attempt.user_code_begun) return false;
  return session.command.verb != "run" || !is_program_status(attempt.text);
}

bool has_package_heading(const std::string& text) {
  return text.starts_with("# ") || text.find("\n# ") != std::string::npos;
}

bool may_run_again(const Session& session, const Attempt& attempt) {
  const Command& command = session.command;
  if (session.advise_only || command.never_again || attempt.passed_stdout) return false;
  if (command.rewrites_sources && has_package_heading(attempt.text)) return false;
  return !reads_unrepeatable(session.argv);
}

// The retry is go itself, in our place: nothing of ours remains that could show.
void run_again(const Session& session, Outcome outcome, const Signals& signals) {
  if (!outcome.words.empty()) outcome.words.back() += ", running go again";
  say(outcome);
  recovery::trace("running go again");
  signals.restore();
  become_go_with(session, outcome.retry_env);
}

// The cache is sound again, but this command has failed, and can't be run again for the user.
void say_it_works_now(const Session& session) {
  std::string command = "go";
  for (std::size_t i = 1; i < session.argv.size(); ++i) command += " " + session.argv[i];
  say("the same command now works; next: " + command);
}

[[noreturn]] void end(const Attempt& attempt, const Signals& signals) {
  const AsInherited default_signals(signals);
  if (!write_all(STDOUT_FILENO, attempt.held)) ExitStatus::signalled(SIGPIPE).end_like();
  attempt.status.end_like();
}

// The program in the build cache that go would run, and what go says when the kernel does not take
// it: then nothing of it has run. Empty when it is a program, as far as its first bytes tell.
std::string refusal(const std::string& command_line) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = command_line.find_first_of(" \n", end + 1);
    const std::string path = command_line.substr(0, end);
    struct stat st;
    if (::stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
    if (::access(path.c_str(), X_OK) != 0) return "fork/exec " + path + ": permission denied\n";
    std::string head(4, '\0');
    std::ifstream(path, std::ios::binary).read(head.data(), 4);
    const bool is_program = head ==
                                "\x7f"
                                "ELF" ||
                            head.starts_with("#!");
    return is_program ? "" : "fork/exec " + path + ": exec format error\n";
  }
  return "";
}

// `go tool X`: nothing was watched. Asked with -n, go loads and builds X again, and runs nothing.
std::string ask_again(const Session& session) {
  std::vector<std::string> argv = session.argv;
  argv[0] = session.go;
  argv.insert(argv.begin() + session.command.flags_at, "-n");
  const std::vector<std::string> env = env_of(session.env);
  const recovery::RunResult answer = recovery::run(argv, env, ".", std::chrono::minutes(10));
  return answer.ok ? refusal(answer.out) : answer.err;
}

std::string ask_quietly(const Session& session) {
  try {
    return ask_again(session);
  } catch (const std::exception& failure) {
    recovery::trace(std::string("asking again failed: ") + failure.what());
    return "";
  }
}

[[noreturn]] void heal_watched(const Session& session, const Signals& signals) {
  Attempt first = attempt(session, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  if (only_puts_up_with_it(session, first)) end(first, signals);
  const Outcome outcome = recover(session, first.text, first.started_ns);
  const bool again = outcome.kind == Outcome::Kind::mended && may_run_again(session, first);
  if (again) run_again(session, outcome, signals);
  write_all(STDOUT_FILENO, first.held);
  first.held.clear();
  tell(session, outcome);
  if (outcome.kind == Outcome::Kind::mended) say_it_works_now(session);
  end(first, signals);
}

[[noreturn]] void heal_tool(const Session& session, const Signals& signals) {
  const Attempt first = attempt_unwatched(session, session.argv, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  const std::string text = ask_quietly(session);
  if (text.empty()) end(first, signals);
  const Outcome outcome = recover(session, text, first.started_ns);
  const bool mended = outcome.kind == Outcome::Kind::mended && !outcome.damage_is_newer;
  if (mended && may_run_again(session, first)) run_again(session, outcome, signals);
  tell(session, outcome);
  end(first, signals);
}

// Nothing of the user's has run. If nothing could be mended after all, go's own words come from a
// second run.
[[noreturn]] void start_over(const Session& session, const TestAttempt& first,
                             const Signals& signals) {
  Outcome outcome;
  {
    const AsInherited default_signals(signals);
    outcome = recover(session, first.text, first.started_ns);
    if (outcome.kind == Outcome::Kind::mended) {
      if (says_mends()) write_all(STDERR_FILENO, first.held_err);
      run_again(session, outcome, signals);
    }
  }
  const Attempt second = attempt_unwatched(session, session.argv, signals);
  const AsInherited default_signals(signals);
  tell(session, outcome);
  second.status.end_like();
}

// What was taken out is said after all.
[[noreturn]] void give_up_joining(const TestAttempt& first, const Signals& signals) {
  const AsInherited default_signals(signals);
  write_all(STDERR_FILENO, first.held_err);
  write_all(STDOUT_FILENO, first.dropped);
  first.status.end_like();
}

[[noreturn]] void end_joined(const Session& session, const TestAttempt& first,
                             const Signals& signals) {
  if (first.status.success() || first.status.by_signal() || first.interrupted)
    give_up_joining(first, signals);
  try {
    if (!first.hits.empty()) run_the_rest(session, first, signals).end_like();
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the rest could not be run: ") + failure.what());
    give_up_joining(first, signals);
  }
  if (!first.stdout_used || first.nothing_started) run_again(session, Outcome(), signals);
  const AsInherited default_signals(signals);
  say_it_works_now(session);
  give_up_joining(first, signals);
}

// go has ended by itself, and nothing was decided on the way.
[[noreturn]] void end_finished(const Session& session, const TestAttempt& first,
                               const Signals& signals) {
  const bool go_failed = !first.status.success() && !first.status.by_signal() && !first.interrupted;
  const AsInherited default_signals(signals);
  const auto end_as_go_did = [&first] {
    write_all(STDERR_FILENO, first.held_err);
    first.status.end_like();
  };
  if (!go_failed || first.user_code_begun) end_as_go_did();
  if (first.mended) say_it_works_now(session);
  if (first.mended || first.text.empty()) end_as_go_did();
  const Outcome outcome = recover(session, first.text, first.started_ns);
  const bool nothing_ran = first.nothing_started || (!first.stdout_used && !first.results_seen);
  const bool may_repeat =
      !session.advise_only && !session.command.never_again && !reads_unrepeatable(session.argv);
  const bool mended = outcome.kind == Outcome::Kind::mended;
  if (mended && nothing_ran && may_repeat) run_again(session, outcome, signals);
  write_all(STDERR_FILENO, first.held_err);
  tell(session, outcome);
  if (mended) say_it_works_now(session);
  first.status.end_like();
}

[[noreturn]] void heal_test(const Session& session, const Signals& signals) {
  if (session.command.json) say_mends_to_people_only();
  const TestAttempt first = attempt_test(session, signals);
  switch (first.end) {
    case TestAttempt::End::killed:
      start_over(session, first, signals);
    case TestAttempt::End::joined:
      end_joined(session, first, signals);
    case TestAttempt::End::finished:
      break;
  }
  end_finished(session, first, signals);
}

}  // namespace

void run_and_heal(const Session& session) {
  const Signals signals;
  start_trace();
  if (session.command.way == Command::Way::ask_again) heal_tool(session, signals);
  if (session.command.out == Command::Stdout::test_stream) heal_test(session, signals);
  heal_watched(session, signals);
}

}  // namespace shim

#include "shim/repair_and_retry.hpp"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "recovery/advice/advised_command.hpp"
#include "recovery/advice/last_advice.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"
#include "shim/watch/acts.hpp"
#include "shim/watch/attempt.hpp"
#include "shim/watch/become_go.hpp"
#include "shim/watch/go_test_merge.hpp"
#include "shim/watch/go_test_run.hpp"
#include "shim/watch/never_started.hpp"

namespace shim {
namespace {

using recovery::Outcome;

// What is told of an attempt, and how far it may be believed (recovery/policy/acting.hpp).
recovery::Request request_on(const Session& session, const std::string& text, long long started_ns,
                             const acting::Acts& acts) {
  recovery::Request request = request_for(session, text, started_ns);
  request.trust = acts.ask_network || acts.advise ? recovery::Trust::gos_own_words
                                                  : recovery::Trust::may_be_anybodys;
  return request;
}

// A failure of our own costs the user a repair, never a result.
Outcome recover(const Session& session, const std::string& text, long long started_ns,
                const acting::Acts& acts) {
  if (!acts.look) return {};
  try {
    return recovery::recover(request_on(session, text, started_ns, acts));
  } catch (const std::exception& failure) {
    recovery::trace(std::string("recovery failed: ") + failure.what());
    return {};
  }
}

// The end of a command that is not run again: advice that can be carried out is noted for
// `gomend fix`.
void tell(const Session& session, const Outcome& outcome, const acting::Acts& acts) {
  say(outcome);
  if (outcome.kind != Outcome::Kind::advice || is_quiet() || !acts.note) return;
  try {
    const recovery::Request request = request_for(session, "", 0);
    const std::string words = outcome.words.empty() ? "" : outcome.words.back();
    recovery::note_advice(request.env, {.time = "",
                                        .class_id = outcome.class_id,
                                        .dir = request.cwd,
                                        .command = recovery::command_of(outcome.next),
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

// The retry is go itself, in our place: nothing of ours remains that could show.
void run_again(const Session& session, Outcome outcome, const Signals& signals) {
  if (!outcome.words.empty())
    outcome.words.back() += "; retrying \"go " + session.command.verb + "\"";
  say(outcome);
  recovery::trace("running go again");
  signals.restore();
  become_go_with(session, outcome.retry_env);
}

// The cache is sound again, but this command has failed, and can't be run again for the user.
void say_it_works_now(const Session& session) {
  std::string command = "go";
  for (std::size_t i = 1; i < session.argv.size(); ++i) command += " " + session.argv[i];
  say("repaired; run again: " + command);
}

// What go has said, and the user has not seen yet. Whose reader has left ends as go would have.
void hand_out(int fd, const std::string& text) {
  if (write_all(fd, text) == EPIPE) ExitStatus::signalled(SIGPIPE).end_like();
}

[[noreturn]] void end(const Attempt& attempt, const Signals& signals) {
  const AsInherited default_signals(signals);
  hand_out(STDOUT_FILENO, attempt.held);
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

acting::Signs signs_of(const Session& session, const Attempt& first, const std::string& text) {
  acting::Signs signs;
  signs.ending = ending_of(first.status, first.interrupted, first.errors_in_data);
  signs.is_childless = first.is_childless;
  signs.has_heading = has_heading(text);
  if (session.command.way == Command::Way::hook)
    signs.hook = first.user_code_begun ? acting::Hook::begun : acting::Hook::waits;
  signs.may_be_at_fault = session.command.verb == "run" && signs.hook != acting::Hook::waits;
  return signs;
}

[[noreturn]] void heal_watched(const Session& session, const Signals& signals) {
  Attempt first = attempt(session, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  if (only_puts_up_with_it(session, first)) end(first, signals);
  acting::Command command = acting_command(session, first.is_merged);
  command.is_repeatable = command.is_repeatable && !first.passed_stdout;
  const acting::Signs signs = signs_of(session, first, first.text);
  const acting::Acts before = what_may_follow(command, signs, acting::Evidence::none);
  const Outcome outcome = recover(session, first.text, first.started_ns, before);
  const acting::Acts acts = what_may_follow(command, signs, outcome.evidence);
  const bool is_repaired = outcome.kind == Outcome::Kind::repaired;
  if (is_repaired && acts.run_again) run_again(session, outcome, signals);
  hand_out(STDOUT_FILENO, first.held);
  first.held.clear();
  tell(session, outcome, acts);
  if (is_repaired && acts.say_it_works) say_it_works_now(session);
  end(first, signals);
}

[[noreturn]] void heal_tool(const Session& session, const Signals& signals) {
  const Attempt first = attempt_unwatched(session, session.argv, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  const std::string text = ask_quietly(session);
  if (text.empty()) end(first, signals);
  const acting::Command command = acting_command(session, false);
  const acting::Signs signs = signs_of(session, first, text);
  const acting::Acts before = what_may_follow(command, signs, acting::Evidence::none);
  const Outcome outcome = recover(session, text, first.started_ns, before);
  const acting::Acts acts = what_may_follow(command, signs, outcome.evidence);
  const bool is_repaired = outcome.kind == Outcome::Kind::repaired;
  if (is_repaired && acts.run_again) run_again(session, outcome, signals);
  tell(session, outcome, acts);
  end(first, signals);
}

acting::Signs signs_of(const Session& session, const TestAttempt& first) {
  acting::Signs signs;
  signs.ending =
      first.is_killed ? acting::Ending::failed : ending_of(first.status, first.interrupted);
  signs.is_childless = first.is_childless;
  signs.has_heading = has_heading(first.text);
  if (session.command.way == Command::Way::hook) {
    const bool may_have_begun = first.user_code_begun || (!first.is_killed && first.stdout_used);
    signs.hook = may_have_begun ? acting::Hook::begun : acting::Hook::waits;
  }
  signs.has_results = first.has_results;
  signs.may_be_at_fault = first.has_failed_test;
  return signs;
}

// Nothing of the user's has run. If nothing could be mended after all, go's own words come from a
// second run.
[[noreturn]] void start_over(const Session& session, const TestAttempt& first,
                             const Signals& signals) {
  Outcome outcome;
  acting::Acts acts;
  {
    const AsInherited default_signals(signals);
    acts = what_may_follow(acting_command(session, first.is_merged), signs_of(session, first),
                           acting::Evidence::none);
    outcome = recover(session, first.text, first.started_ns, acts);
    if (outcome.kind == Outcome::Kind::repaired) {
      if (reports_repairs()) hand_out(STDERR_FILENO, first.held_err);
      run_again(session, outcome, signals);
    }
  }
  const Attempt second = attempt_unwatched(session, session.argv, signals);
  const AsInherited default_signals(signals);
  tell(session, outcome, acts);
  second.status.end_like();
}

[[noreturn]] void end_as_go_did(const TestAttempt& first) {
  hand_out(STDERR_FILENO, first.held_err);
  std::string held;
  for (const TestLine& line : first.held) held += line.bytes;
  hand_out(STDOUT_FILENO, held);
  const bool is_lost = first.lost_output && first.status.success();
  (is_lost ? ExitStatus::exited(1) : first.status).end_like();
}

// The packages that never started, behind what the others have said. Returns when there are none.
void end_with_the_rest(const Session& session, const TestAttempt& first, const Outcome& outcome,
                       const Signals& signals) {
  Rest rest;
  Remainder remainder;
  try {
    const AsInherited default_signals(signals);
    rest = rest_of(session, first);
    if (rest.packages.empty()) return;
    remainder = without(first.held, rest.packages, session.command.json);
    say(outcome);
    recovery::trace("running the packages that never started");
    if (reports_repairs()) hand_out(STDERR_FILENO, first.held_err);
    hand_out(STDOUT_FILENO, remainder.kept);
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the rest is not known: ") + failure.what());
    return;
  }
  const bool others_failed = first.has_failure || remainder.has_failure;
  try {
    run_the_rest(session, rest, others_failed, signals).end_like();
  } catch (const std::exception& failure) {
    recovery::trace(std::string("the rest could not be run: ") + failure.what());
  }
  hand_out(STDOUT_FILENO, remainder.dropped);
  first.status.end_like();
}

// go has ended by itself.
[[noreturn]] void end_finished(const Session& session, const TestAttempt& first,
                               const Signals& signals) {
  const acting::Signs signs = signs_of(session, first);
  const bool may_be_ours = signs.ending == acting::Ending::failed && !first.user_code_begun;
  Outcome outcome;
  acting::Command command;
  acting::Acts acts;
  {
    const AsInherited default_signals(signals);
    if (!may_be_ours || first.text.empty()) end_as_go_did(first);
    command = acting_command(session, first.is_merged);
    acts = what_may_follow(command, signs, acting::Evidence::none);
    outcome = recover(session, first.text, first.started_ns, acts);
    acts = what_may_follow(command, signs, outcome.evidence);
    if (outcome.kind == Outcome::Kind::repaired && acts.run_again)
      run_again(session, outcome, signals);
  }
  const bool is_repaired = outcome.kind == Outcome::Kind::repaired;
  if (is_repaired && acts.run_rest && !first.never_started.empty())
    end_with_the_rest(session, first, outcome, signals);
  const AsInherited default_signals(signals);
  tell(session, outcome, acts);
  if (is_repaired && acts.say_it_works) say_it_works_now(session);
  end_as_go_did(first);
}

[[noreturn]] void heal_test(const Session& session, const Signals& signals) {
  if (session.command.json) report_repairs_on_terminal_only();
  const TestAttempt first = attempt_test(session, signals);
  if (first.is_killed) start_over(session, first, signals);
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

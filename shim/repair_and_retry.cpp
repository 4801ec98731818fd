#include "shim/repair_and_retry.hpp"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "recovery/os/env.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/outcome.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "shim/follow_up.hpp"
#include "shim/go_test_retry.hpp"
#include "shim/outage_wait.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"
#include "shim/watch/acts.hpp"
#include "shim/watch/attempt.hpp"

namespace shim {
namespace {

using recovery::Outcome;

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

// go's environment in the next attempt, where it is not the user's.
class ChangedEnv {
 public:
  ChangedEnv(char** env, const std::vector<std::string>& variables) : words_(env_of(env)) {
    for (const std::string& variable : variables) {
      const std::size_t equals = variable.find('=');
      recovery::set_env(words_, variable.substr(0, equals), variable.substr(equals + 1));
    }
    array_ = as_array(words_);
  }
  char** get() { return array_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> array_;
};

// One attempt, and what follows it. Returns only if another one is to be watched: with these
// variables.
std::vector<std::string> try_watched(const Session& session,
                                     const std::vector<std::string>& variables,
                                     std::optional<OutageWait>& waiting, const Signals& signals) {
  std::optional<ChangedEnv> env;
  std::optional<Session> changed;
  if (!variables.empty()) {  // the first attempt copies nothing
    env.emplace(session.env, variables);
    changed = session;
    changed->env = env->get();
  }
  Attempt first = attempt(changed ? *changed : session, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  if (only_puts_up_with_it(session, first)) end(first, signals);
  if (!waiting) waiting.emplace(session);
  OutageWait& outage = *waiting;
  acting::Command command = acting_command(session, first.is_merged);
  command.is_repeatable = command.is_repeatable && !first.passed_stdout;
  const acting::Signs signs = signs_of(session, first, first.text);
  const FollowUp after = follow_up(session, command, signs, first.text, first.started_ns, outage);
  const Outcome& outcome = after.outcome;
  if (after.is_repaired() && after.acts.run_again) {
    // What a hooked go is given, its program must not see: only become_go_with() sees to that.
    const bool may_watch = outcome.retry_env.empty() || session.command.way == Command::Way::watch;
    if (may_watch && outage.watches_next(outcome)) {
      say_running_again(session, outcome, outage);
      return outcome.retry_env;
    }
    if (!outage.has_given_up()) run_again(session, outcome, outage, signals);
  }
  hand_out(STDOUT_FILENO, first.held);
  first.held.clear();
  tell(session, after, outage);
  if (after.is_repaired() && after.acts.say_it_works) say_it_works_now(session);
  end(first, signals);
}

[[noreturn]] void heal_watched(const Session& session, const Signals& signals) {
  std::optional<OutageWait> waiting;  // nothing of it is read before go has failed
  std::vector<std::string> variables;
  while (true) variables = try_watched(session, variables, waiting, signals);
}

[[noreturn]] void heal_tool(const Session& session, const Signals& signals) {
  const Attempt first = attempt_unwatched(session, session.argv, signals);
  if (!may_be_ours(session, first)) end(first, signals);
  const AsInherited default_signals(signals);
  const std::string text = ask_quietly(session);
  if (text.empty()) end(first, signals);
  const acting::Command command = acting_command(session, false);
  const acting::Signs signs = signs_of(session, first, text);
  OutageWait outage(session);
  const FollowUp after = follow_up(session, command, signs, text, first.started_ns, outage);
  if (after.is_repaired() && after.acts.run_again)
    run_again(session, after.outcome, outage, signals);
  tell(session, after, outage);
  end(first, signals);
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

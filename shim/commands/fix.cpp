#include "shim/commands/fix.hpp"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "recovery/advised_command.hpp"
#include "recovery/journal.hpp"
#include "recovery/last_advice.hpp"
#include "recovery/sum_repair.hpp"
#include "shim/commands/ask.hpp"
#include "shim/commands/companion.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/exit_status.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/shim.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::LastAdvice;
using recovery::SumRepair;

constexpr auto replace = nlohmann::json::error_handler_t::replace;  // of what is no UTF-8

std::string text_of(const LastAdvice& advice) {
  return printable(advice.time + "  " + advice.words) + "\n" +
         printable("in " + advice.dir + ": " + recovery::typed(advice.command)) + "\n";
}

nlohmann::ordered_json json_of(const LastAdvice& advice) {
  return {{"time", advice.time},
          {"class", advice.class_id},
          {"directory", advice.dir},
          {"command", advice.command},
          {"words", advice.words}};
}

void go_there(const std::string& dir) {
  if (chdir(dir.c_str()) != 0)
    throw std::runtime_error("can't go to " + dir + ": " + strerror(errno) + "; next: ls -ld " +
                             dir);
  setenv("PWD", dir.c_str(), 1);
}

[[noreturn]] void be_command(const std::vector<std::string>& argv) {
  if (argv[0] == "go") be_go(argv);
  std::vector<char*> array = as_array(argv);
  if (argv[0] == "gomend") exit(be_companion(static_cast<int>(argv.size()), array.data()));
  execvp(array[0], array.data());
  write_all(STDERR_FILENO, "gomend: fix: can't run " + argv[0] + ": " + strerror(errno) + "\n");
  _exit(127);
}

// With --json stdout is ours; what the command says there goes to stderr.
ExitStatus run_apart(const std::vector<std::string>& argv) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(std::string("can't fork: ") + strerror(errno));
  if (child == 0) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    be_command(argv);
  }
  int raw = 0;
  while (waitpid(child, &raw, 0) < 0 && errno == EINTR) continue;
  return ExitStatus::from_wait(raw);
}

int print(const nlohmann::ordered_json& object) {
  write_all(STDOUT_FILENO, object.dump(2, ' ', false, replace) + "\n");
  return 0;
}

// --- fix --gosum ---

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string lines_of(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += printable(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string text_of(const SumRepair& repair) {
  const auto& judged = repair.judged;
  std::string text;
  if (!judged.diff.empty())
    text += "--- " + repair.file + "\n+++ " + repair.file + "\n" + judged.diff;
  text += repair.file + ": " +
          (judged.diff.empty() ? counted(judged.proven, "line") + " right"
                               : counted(judged.proven, "line") + " vouched for");
  if (judged.unproven > 0)
    text += ", " + counted(judged.unproven, "line") + " as before (" + repair.why_unproven + ")";
  text += "\n";
  for (const auto& refused : judged.refused) text += repair.file + ": " + refused.what + "\n";
  return lines_of(text);
}

nlohmann::ordered_json json_of(const SumRepair& repair, const std::string& kept) {
  nlohmann::ordered_json refused = nlohmann::ordered_json::array();
  for (const auto& one : repair.judged.refused) refused.push_back(one.what);
  return {{"file", repair.file},
          {"diff", repair.judged.diff},
          {"proven", repair.judged.proven},
          {"unproven", repair.judged.unproven},
          {"refused", refused},
          {"written", !kept.empty()},
          {"kept", kept}};
}

void write_into_journal(const std::vector<std::string>& env, const SumRepair& repair,
                        const std::string& kept) {
  recovery::write_journal(env, {.time = "",
                                .module = repair.file,
                                .class_id = "asked/gosum",
                                .findings = {"lines were wrong, torn or contradicted each other"},
                                .done = "rebuilt; the old one is " + kept,
                                .source = "",
                                .cache = "",
                                .quarantine = "",
                                .replaced = {}});
}

int fix_gosum(const Chosen& chosen) {
  const recovery::Request request = request_here("fix");
  const std::vector<SumRepair> repairs = recovery::plan_sum_repairs(request);
  const bool is_json = chosen.has("json");
  bool has_refused = false, has_changes = false;
  for (const SumRepair& repair : repairs) {
    has_refused = has_refused || !repair.judged.refused.empty();
    has_changes = has_changes || !repair.judged.diff.empty();
    if (!is_json) write_all(STDOUT_FILENO, text_of(repair));
  }
  const bool writes = has_changes && !chosen.has("dry-run");
  if (writes && !is_wanted("Write it?", chosen.has("yes"))) return 1;
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const SumRepair& repair : repairs) {
    std::string kept;
    if (writes && !repair.judged.diff.empty()) {
      kept = recovery::write_sum(request.env, repair);
      write_into_journal(request.env, repair, kept);
      if (!is_json)
        write_all(STDOUT_FILENO, lines_of(repair.file + ": written; the old one is " + kept));
    }
    files.push_back(json_of(repair, kept));
  }
  if (is_json) print({{"files", files}});
  return has_refused ? 1 : 0;
}

}  // namespace

int fix(const Arguments& arguments) {
  const Chosen chosen = parse("fix", arguments, 0);
  if (chosen.has("gosum")) return fix_gosum(chosen);
  const std::vector<std::string> env = env_of(environ);
  const std::optional<LastAdvice> advice = recovery::last_advice(env);
  if (!advice) {
    write_all(STDERR_FILENO,
              "gomend: fix: there is no advice that gomend could carry out; next: run the go "
              "command that fails, through gomend\n");
    return 1;
  }
  const bool is_json = chosen.has("json");
  if (chosen.has("dry-run")) {
    if (is_json) return print(json_of(*advice));
    write_all(STDOUT_FILENO, text_of(*advice));
    return 0;
  }
  go_there(advice->dir);
  write_all(STDERR_FILENO, text_of(*advice));
  std::vector<std::string> command = advice->command;
  const bool asks_itself = command.front() == "gomend" && command.back() == "--gosum";
  if (asks_itself && chosen.has("yes")) command.push_back("--yes");
  if (!asks_itself && !is_wanted("Run it?", chosen.has("yes"))) return 1;
  recovery::forget_advice(env);  // before it: what the command then says is the last
  if (!is_json) be_command(command);
  const ExitStatus end = run_apart(command);
  nlohmann::ordered_json object = json_of(*advice);
  object["status"] = end.shell_code();
  print(object);
  return end.shell_code();
}

}  // namespace shim

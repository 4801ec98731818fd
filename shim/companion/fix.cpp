#include "shim/companion/fix.hpp"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "recovery/advice/advised_command.hpp"
#include "recovery/advice/last_advice.hpp"
#include "recovery/os/changed_signal.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/json.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/state/journal.hpp"
#include "recovery/state/kept_copy.hpp"
#include "recovery/upkeep/sum_repair.hpp"
#include "shim/companion/frame/ask.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/clock.hpp"
#include "shim/process/exit_status.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"
#include "shim/shim.hpp"

namespace shim {
namespace {

using recovery::Json;
using recovery::LastAdvice;
using recovery::SumRepair;

std::string text_of(const LastAdvice& advice) {
  return printable(advice.time + "  " + advice.words) + "\n" +
         printable("in " + advice.dir + ": " + recovery::typed(advice.command)) + "\n";
}

Json json_of(const LastAdvice& advice) {
  return {{"time", advice.time},
          {"class", advice.class_id},
          {"directory", advice.dir},
          {"command", advice.command},
          {"words", advice.words}};
}

void go_there(const std::string& dir) {
  if (chdir(dir.c_str()) != 0)
    throw std::runtime_error("can't change directory to " + dir + ": " + strerror(errno) +
                             "; see: ls -ld " + recovery::typed({dir}));
  setenv("PWD", dir.c_str(), 1);
}

// What the command may change is kept before it runs; how to have it back is said first.
std::vector<recovery::KeptCopy> keep(const std::vector<std::string>& env,
                                     const std::vector<std::string>& command) {
  recovery::Request request;
  if (command[0] == "go") {
    Session session;
    session.go = request_here("fix").go;
    session.argv = command;
    session.env = environ;
    session.command = classify(command);
    request = request_for(session, "", now_ns());
  }
  request.argv = command;
  const auto kept = recovery::keep_copies(env, recovery::files_at_risk(request));
  for (const recovery::KeptCopy& one : kept) {
    const std::string words =
        one.copy.empty() ? ": did not exist before"
                         : ": backup made; undo: cp " + recovery::typed({one.copy, one.file});
    write_all(STDERR_FILENO, "gomend: " + printable(one.file + words) + "\n");
  }
  return kept;
}

Json json_of(const std::vector<recovery::KeptCopy>& kept) {
  Json all = Json::array();
  for (const recovery::KeptCopy& one : kept)
    all.push_back({{"file", one.file}, {"copy", one.copy}});
  return all;
}

[[noreturn]] void be_command(const std::vector<std::string>& argv) {
  if (argv[0] == "go") be_go(argv);
  std::vector<char*> array = as_array(argv);
  // This very gomend, wherever it stands. Else as go does: no program of that name in the directory
  // where we stand.
  const std::string program =
      argv[0] == "gomend" ? "/proc/self/exe" : recovery::program_on_path(env_of(environ), argv[0]);
  errno = ENOENT;
  recovery::give_back_signals();
  if (!program.empty()) execv(program.c_str(), array.data());
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
  text += repair.file + ": " + counted(judged.proven, "line") + " verified";
  if (judged.unproven > 0)
    text += ", " + counted(judged.unproven, "line") + " unchanged (" + repair.why_unproven + ")";
  text += "\n";
  for (const auto& refused : judged.refused) text += repair.file + ": " + refused.what + "\n";
  return lines_of(text);
}

Json json_of(const SumRepair& repair, const std::string& kept) {
  Json refused = Json::array();
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
                                .findings = {"wrong, malformed or contradictory lines"},
                                .done = "rewritten; backup: " + kept,
                                .source = "",
                                .cache = "",
                                .quarantine = "",
                                .replaced = {},
                                .action = recovery::RepairAction::rewritten});
}

int fix_gosum(const ParsedArguments& given) {
  const recovery::Request request = request_here("fix");
  const std::vector<SumRepair> repairs = recovery::plan_sum_repairs(request);
  const bool is_json = given.has("json");
  bool has_refused = false, has_changes = false;
  for (const SumRepair& repair : repairs) {
    has_refused = has_refused || !repair.judged.refused.empty();
    has_changes = has_changes || !repair.judged.diff.empty();
    if (!is_json) write_out(text_of(repair));
  }
  const bool writes = has_changes && !given.has("dry-run");
  if (writes && !is_wanted("Write it?", given.has("yes"))) return 1;
  Json files = Json::array();
  for (const SumRepair& repair : repairs) {
    std::string kept;
    if (writes && !repair.judged.diff.empty()) {
      kept = recovery::write_sum(request.env, repair);
      write_into_journal(request.env, repair, kept);
      if (!is_json) write_out(lines_of(repair.file + ": written; backup: " + kept));
    }
    files.push_back(json_of(repair, kept));
  }
  if (is_json) write_out(Json{{"files", files}}.pretty());
  return has_refused ? 1 : 0;
}

}  // namespace

static int fix(const Call& call) {
  const ParsedArguments& given = call.given;
  if (given.has("gosum")) return fix_gosum(given);
  const std::vector<std::string> env = env_of(environ);
  const std::optional<LastAdvice> advice = recovery::last_advice(env);
  if (!advice) {
    write_all(
        STDERR_FILENO,
        "gomend: fix: no advice to carry out; run the failing go command again, with gomend as "
        "go\n");
    return 1;
  }
  const bool is_json = given.has("json");
  if (given.has("dry-run")) {
    write_out(is_json ? json_of(*advice).pretty() : text_of(*advice));
    return 0;
  }
  go_there(advice->dir);
  write_all(STDERR_FILENO, text_of(*advice));
  std::vector<std::string> command = advice->command;
  const bool asks_itself = command.front() == "gomend" && command.back() == "--gosum";
  if (asks_itself && given.has("yes")) command.push_back("--yes");
  if (!asks_itself && !is_wanted("Run it?", given.has("yes"))) return 1;
  const auto kept = keep(env, command);
  recovery::forget_advice(env);  // before it: what the command then says is the last
  if (!is_json) be_command(command);
  const ExitStatus end = run_apart(command);
  Json object = json_of(*advice);
  object.set("kept", json_of(kept));
  object.set("status", end.shell_code());
  write_out(object.pretty());
  return end.shell_code();
}

const CommandRow& fix_row() {
  static const CommandRow row{
      .name = "fix",
      .summary = "carry out the last advice, or repair go.sum",
      .arguments = "",
      .about =
          "Runs the command of the last advice that gomend gave as go, if it is one of go, gomend "
          "or git that deletes nothing of yours: it is shown, and run in the directory where go "
          "failed; each file that it may change is backed up first. An advice is carried out "
          "once.",
      .options = {{"gosum", "",
                   "instead: repair go.sum, and in a workspace go.work.sum; every changed line is "
                   "verified by the checksum database"},
                  yes_option,
                  dry_run_option,
                  json_option},
      .examples = {{"gomend fix", "after: gomend: …; run: go mod tidy"},
                   {"gomend fix --gosum", "after a merge, or a 'checksum mismatch'"}},
      .status =
          "the command's own; 1 there is no such advice, it was declined, or a line of go.sum "
          "could not be verified; 2 could not be determined",
      .json = {{"time", "when it was given"},
               {"class", "the failure's class"},
               {"directory", "where the command runs"},
               {"command", "list: its words"},
               {"words", "the advice as it was given"},
               {"kept",
                "list of file and copy, of what the command may change; not with --dry-run"},
               {"status", "the command's exit status; not with --dry-run"},
               {"files",
                "with --gosum only this, list of objects: file, diff, proven and unproven (how "
                "many lines), refused (list: line and why), written, kept (the backup)"}},
      .run = fix};
  return row;
}

}  // namespace shim

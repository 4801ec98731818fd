#include "shim/commands/table.hpp"

#include <algorithm>

#include "shim/commands/doctor.hpp"
#include "shim/commands/evict.hpp"
#include "shim/commands/explain.hpp"
#include "shim/commands/fix.hpp"
#include "shim/commands/go.hpp"
#include "shim/commands/help.hpp"
#include "shim/commands/history.hpp"
#include "shim/commands/patterns.hpp"
#include "shim/commands/restore.hpp"
#include "shim/commands/stats.hpp"
#include "shim/commands/verify.hpp"

namespace shim {
namespace {

constexpr Option json{"json", "", "print one JSON object (the keys: gomend generate json)"};
constexpr Option yes{"yes", "", "do it unasked"};
constexpr Option dry_run{"dry-run", "", "only show what would be done"};
constexpr Option since{"since", "TIME",
                       "only from then on: 90m, 24h, 7d, 2w, or a day as 2026-01-31"};

}  // namespace

const std::vector<CommandRow>& commands() {
  static const std::vector<CommandRow> all = {
      {.name = "doctor",
       .summary = "what is wrong with this machine's Go, or will be",
       .arguments = "",
       .about =
           "Looks at PATH, at the go behind gomend, at the caches (owner, modes, room, file "
           "system), at go's settings and where each stands, and at the project in this "
           "directory. A line each: ✓ is well, ! works today, ✗ fails or is dangerous; with the "
           "command that mends it. Nothing is changed.",
       .options = {{"network", "", "ask each source once, through go, and tell how long it took"},
                   json},
       .examples = {{"gomend doctor --network", "before blaming the network"}},
       .status = "0 nothing to mend, 1 something is, 2 it could not be told",
       .json = {{"ok", "true if no remark is bad"},
                {"remarks",
                 "list of objects: id (stable, as in settings/sumdb-off), level (good, "
                 "poor or bad), words, next (a command, or empty)"},
                {"settings",
                 "list of objects: name, value (passwords taken out), from (the "
                 "environment, go's env file, go's default)"}},
       .run = doctor},
      {.name = "explain",
       .summary = "which failure of go's is at the root of a log, and what heals it",
       .arguments = "[FILE|-]",
       .about =
           "Reads a log of CI, of Docker or of a terminal, from a file or from stdin, of any "
           "length. Time stamps, step names and colours are taken off, the root failure is found "
           "among the noise, and told with what heals it and the command to type. Nothing on "
           "this machine is looked at.",
       .options = {json},
       .examples = {{"gomend explain build.log", "a log in a file"},
                    {"docker build . 2>&1 | gomend explain", "what has just failed"}},
       .status =
           "0 a fault of caches, sources or settings was found, 1 none was, 2 no log could be "
           "read",
       .json = {{"class", "the failure's class, as in cache/zip-corrupt; none if there is none"},
                {"remedy", "evict, redownload, proxy-fallback, retry, advise or none"},
                {"module", "module path, if the log names it"},
                {"version", "its version, if the log names it"},
                {"story", "what happened"},
                {"heals", "what would heal it"},
                {"command", "to type next; empty if no command does"},
                {"advice", "the three in one line; empty for class none"},
                {"line", "the line of go's that tells it"},
                {"healed_by_gomend", "whether gomend as go looks into such a failure by itself"}},
       .run = explain},
      {.name = "fix",
       .summary = "carry out the last advice, or set go.sum right",
       .arguments = "",
       .about =
           "The last line of advice that gomend gave as go, if what it says next is a command of "
           "go, gomend or git: it is shown, and run in the directory where go had failed. That it "
           "was carried out ends it.",
       .options = {{"gosum", "",
                    "instead of that: set go.sum right, and in a workspace go.work.sum; each line "
                    "that changes is one that the checksum database vouches for"},
                   yes,
                   dry_run,
                   json},
       .examples = {{"gomend fix", "after: gomend: …; next: go mod tidy"},
                    {"gomend fix --gosum", "after a merge, or a 'checksum mismatch'"}},
       .status = "the command's own; 1 there is no such advice, it was not wanted, or a line of "
                 "go.sum is "
                 "left that nothing vouches for; 2 it could not be told",
       .json =
           {{"time", "when it was given"},
            {"class", "the failure's class"},
            {"directory", "where the command runs"},
            {"command", "list: its words"},
            {"words", "the advice as it was given"},
            {"status", "the command's exit status; not with --dry-run"},
            {"files",
             "with --gosum this alone, list of objects: file, diff, proven and unproven (how "
             "many lines), refused (list: line and why), written, kept (where the old one is)"}},
       .run = fix},
      {.name = "patterns",
       .summary = "the rules that recognise go's words, gomend's and your own",
       .arguments = "list|test|where [FILE|-]",
       .about =
           "list tells each rule with its class, an example and the file that has it; test reads a "
           "log as explain does, and tells which rule matches which line; where tells the "
           "directory of your own rules, and which files there count. A rule of your own is "
           "written as gomend's are, and points at what to look at; or its class is user/NAME, and "
           "it has a line of advice. It comes behind gomend's own, and the disk decides all the "
           "same. A file that others may write, or that lies in the project, does not count.",
       .options = {json},
       .examples = {{"gomend patterns test build.log", "while writing a rule"}},
       .status =
           "0 told; 1 no rule matches; 2 it could not be told, or a file of your own is not used",
       .json = {{"rules", "list: list of objects: class, rule, remedy, from, advice, examples"},
                {"matches", "test: list of objects: line, class, rule, from, module, version"},
                {"directory", "where: the directory of your own rules"},
                {"files", "where: list of objects: file, rules (how many), failure (why none)"}},
       .run = show_patterns},
      {.name = "verify",
       .summary = "check that all that is cached is right",
       .arguments = "[MODULE[@VERSION]…]",
       .about = "Checks zips, trees, ziphashes, go.mods, infos and version lists, go's index of "
                "each tree, clones, cached answers of the checksum database, and the build cache's "
                "contents. Without a module: those of the build in this directory; outside a "
                "module all that are cached. Works offline.",
       .options = {{"all", "", "all that is cached, in a module too"},
                   {"full", "",
                    "read everything again, also what was right the last time and has not changed "
                    "since"},
                   {"repair", "",
                    "mend what is broken, as after a failure; what is replaced is kept (gomend "
                    "restore)"},
                   json},
       .examples = {{"gomend verify --repair", "before a long way without a network"}},
       .status = "0 all is right, or was mended; 1 something is broken; 2 it could not be told",
       .json =
           {{"version", "1"},
            {"sound", "true if all is right, or was mended"},
            {"modules", "how many were checked"},
            {"unchanged", "of these: right the last time, and not changed since"},
            {"clones", "how many were checked"},
            {"buildEntries", "entries of the build cache that were checked"},
            {"deadBuildEntries", "entries whose content is gone, as go's trimming leaves them"},
            {"bytesRead", "how much was read for it"},
            {"findings",
             "list of objects: kind (module, clone, sumdb or build-cache), name, problem, mended, "
             "and done or next"}},
       .run = verify},
      {.name = "evict",
       .summary = "take a module out of the module cache, or fetch it anew",
       .arguments = "MODULE[@VERSION]…",
       .about = "All that is cached of it goes to quarantine, from where gomend restore brings it "
                "back: its files, its tree, go's index of its packages, and the clone that it came "
                "from, so that a tag which was moved is asked for again. Without a version: all "
                "cached ones. go.sum is never changed.",
       .options =
           {{"refetch", "",
             "fetch it first, and put what comes in its place; nothing changes if nothing comes"},
            json},
       .examples = {{"gomend evict --refetch git.corp.example/lib@v1.2.0",
                     "a private tag that was moved"}},
       .status = "0 done, 1 nothing of it was cached or nothing came, 2 it was not asked rightly",
       .json = {{"evicted",
                 "list of objects: module, ok, failure, replaced (paths below GOMODCACHE), "
                 "quarantine (for gomend restore), before and after (h1 of the zip), "
                 "differs_from_go_sum"}},
       .run = evict},
      {.name = "history",
       .summary = "what was repaired, newest last",
       .arguments = "",
       .about =
           "A line for each repair: when, what, why, what was done, and the id under which gomend "
           "restore finds what was replaced.",
       .options = {since, json},
       .examples = {{"gomend history --since 7d", "the last week"}},
       .status = "0 told, 2 the journal can't be read, or not all of it",
       .json = {{"repairs",
                 "list of objects: time, module, class, findings, done, source, cache "
                 "(GOMODCACHE), id (for gomend restore), replaced (paths below it)"}},
       .run = history},
      {.name = "stats",
       .summary = "how many repairs, by class and by where the good copy came from",
       .arguments = "",
       .about =
           "Made to travel: no module, no path and no host of your own is in it. A source is named "
           "only if GOMEND_PUBLIC lists it.",
       .options = {since, {"openmetrics", "", "print it as a collector of metrics wants it"}, json},
       .examples = {{"gomend stats --openmetrics >/var/lib/node_exporter/gomend.prom",
                     "for a fleet's collector"}},
       .status = "0 told, 2 the journal can't be read, or not all of it",
       .json = {{"repairs", "how many"},
                {"first", "time of the first of them"},
                {"last", "time of the last"},
                {"by_class", "object: class -> repairs"},
                {"by_source", "object: where the good copy came from -> repairs"}},
       .run = stats},
      {.name = "restore",
       .summary = "put back what a repair replaced",
       .arguments = "[ID]",
       .about =
           "Without an ID (gomend history tells it) the newest repair's. What stands there now "
           "is kept in its turn.",
       .options = {},
       .examples = {},
       .status = "",
       .json = {},
       .run = restore},
      {.name = "go",
       .summary = "run go, and mend what fails, without a gomend that is called go",
       .arguments = "ARGUMENT…",
       .about = "Just as the gomend that stands under the name go first on PATH: what follows is "
                "go's own, --help too, and so is the exit status.",
       .options = {},
       .examples = {{"alias go='gomend go'", "in a shell, where PATH is not to be changed"}},
       .status = "go's own",
       .json = {},
       .run = go,
       .is_verbatim = true},
      {.name = "help",
       .summary = "tell of all commands, or of one",
       .arguments = "[COMMAND]",
       .about = "",
       .options = {},
       .examples = {},
       .status = "",
       .json = {},
       .run = help},
      {.name = "generate",
       .summary = "print the manual page, a shell's completions, or the keys of the JSON objects",
       .arguments = "man|bash|zsh|fish|json",
       .about = "All are made from the table that gomend help reads.",
       .options = {},
       .examples = {{"source <(gomend generate bash)", "completions for this shell"}},
       .status = "",
       .json = {},
       .run = generate},
  };
  return all;
}

const CommandRow* find_command(std::string_view name) {
  const auto found =
      std::ranges::find_if(commands(), [&](const CommandRow& row) { return row.name == name; });
  return found == commands().end() ? nullptr : &*found;
}

}  // namespace shim

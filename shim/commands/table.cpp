#include "shim/commands/table.hpp"

#include <algorithm>

#include "shim/commands/activate.hpp"
#include "shim/commands/cache_key.hpp"
#include "shim/commands/diff.hpp"
#include "shim/commands/doctor.hpp"
#include "shim/commands/evict.hpp"
#include "shim/commands/explain.hpp"
#include "shim/commands/fix.hpp"
#include "shim/commands/go.hpp"
#include "shim/commands/help.hpp"
#include "shim/commands/history.hpp"
#include "shim/commands/install.hpp"
#include "shim/commands/isolate.hpp"
#include "shim/commands/patterns.hpp"
#include "shim/commands/prune.hpp"
#include "shim/commands/restore.hpp"
#include "shim/commands/stats.hpp"
#include "shim/commands/status.hpp"
#include "shim/commands/uninstall.hpp"
#include "shim/commands/verify.hpp"

namespace shim {
namespace {

constexpr Option json{"json", "", "print one JSON object (the keys: gomend generate json)"};
constexpr Option yes{"yes", "", "do it unasked"};
constexpr Option since{"since", "TIME",
                       "only from then on: 90m, 24h, 7d, 2w, or a day as 2026-01-31"};

constexpr Option for_all{"system", "", "for all users of this machine, or in an image"};
constexpr Option in_dir{"dir", "DIR", "in this directory instead of ~/.local/share/gomend"};
constexpr Option in_root{"root", "DIR", "with --system: below it, as if it were /"};
constexpr Option dry_run{"dry-run", "", "tell what would be done, and do nothing"};

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
                {"may", "list: other remedies that the same words may need"},
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
      {.name = "diff",
       .summary = "what was recorded of a module, and what each source serves now",
       .arguments = "MODULE@VERSION",
       .about =
           "Holds go.sum, the ziphash, the checksum database's cached answer and the cached zip "
           "against what each source that may be asked serves now, by their h1; and tells which "
           "files differ from the cached zip, and from the one that a repair has put away. What is "
           "fetched is looked at beside the cache and thrown away.",
       .options = {json},
       .examples = {{"gomend diff git.corp.example/lib@v1.2.0", "what a SECURITY ERROR is about"}},
       .status = "0 all the same, 1 something differs, 2 it could not be told",
       .json = {{"module", "module and version"},
                {"verdict", "same, differs or unknown"},
                {"recorded",
                 "list of objects: name (go.sum, ziphash, checksum database (cached), the cache), "
                 "zip and go_mod (lists of h1), error"},
                {"sources", "list of objects: name, zip, go_mod, error"},
                {"files",
                 "list of objects: source, against, name, change (added, lost or changed), before "
                 "and after (bytes)"}},
       .run = diff},
      {.name = "cache-key",
       .summary = "the name under which a CI should keep go's caches",
       .arguments = "",
       .about =
           "One line that changes when what go would cache changes (toolchain, platform, build "
           "settings, with cgo the C compilers, the build list), and with nothing else: not with "
           "comments, order, sources, or where anything lies. Nothing is fetched for it.",
       .options = {{"restore", "",
                    "the beginning of the key instead: what to restore from when nothing is kept "
                    "under the key itself"},
                   {"period", "day|week|month",
                    "another key in each, so that what has piled up is left behind"},
                   json},
       .examples = {{"gomend cache-key --period month",
                     "in a job, before its caches are restored"}},
       .status = "0 told, 2 there is no module or workspace here, or none that can be read",
       .json = {{"key", "the key"},
                {"restore", "its beginning, the same for all build lists"},
                {"period", "as in 2026W48; empty without --period"},
                {"parts", "object: all that the key is made from"}},
       .run = cache_key},
      {.name = "prune",
       .summary = "leave in the module cache what these projects need, for CI before it is saved",
       .arguments = "DIR…",
       .about =
           "Keeps all that go build, vet and test need offline in the module or workspace of each "
           "DIR, on every platform, and the go.mods of its module graph and go.sum. All else is "
           "removed for good, not quarantined: other versions, clones, toolchains. go itself says "
           "what is needed; where it can't, nothing is removed. Let no other go run meanwhile: "
           "what "
           "holds a lock is left alone, but a build that reads a tree holds none.",
       .options = {{"dry-run", "", "tell what would go, remove nothing"},
                   {"build-cache", "DAYS",
                    "remove entries of the build cache, too, that were not used for so long"},
                   json},
       .examples = {{"gomend prune --build-cache 7 .", "at the end of a job"}},
       .status = "0 done, 1 something was left because it is in use, 2 it could not be told what "
                 "is needed, and nothing was removed",
       .json =
           {{"bytes", "how much was freed; with --dry-run, would be"},
            {"dry_run", "true if nothing was removed"},
            {"kept", "module versions that stay, with their files and trees"},
            {"removed",
             "list of objects: name (a module version, a clone, the build cache), bytes, in_part "
             "(its .mod and .info stay)"},
            {"left", "list: what could not be removed, and why"}},
       .run = prune},
      {.name = "isolate",
       .summary = "caches of this project's own, with the shared ones as a source only read",
       .arguments = "[DIR]",
       .about =
           "Prints variables for the shell to set: GOMODCACHE and GOCACHE below gomend's state "
           "directory, and a GOPROXY that begins with the module cache that was in use and goes on "
           "with your own list. All is verified as ever. As long as they are set, @latest is the "
           "latest that is cached. To be rid of the caches: go clean -modcache -cache, then --off.",
       .options = {{"off", "", "the way back, as the variables were before"},
                   {"inside", "", "keep the caches in the project, in .gomend"},
                   {"shell", "sh|bash|zsh|fish", "whose words to print; without it, SHELL's"},
                   json},
       .examples = {{"eval \"$(gomend isolate)\"",
                     "in sh, bash and zsh; in fish: gomend isolate | "
                     "source"},
                    {"eval \"$(gomend isolate --off)\"", "the way back"}},
       .status = "0 told, 2 it can't be done; then nothing is on stdout",
       .json = {{"directory", "of the project's own caches"},
                {"shared", "the module cache that is read"},
                {"variables", "object: name -> value; null: to be unset"}},
       .run = isolate},
      {.name = "history",
       .summary = "what was repaired, newest last",
       .arguments = "",
       .about =
           "A line for each repair: when, what, why, what was done, and the id under which gomend "
           "restore finds what was replaced.",
       .options = {since,
                   {"github", "",
                    "as warnings that GitHub Actions shows beside a job; private names left out"},
                   json},
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
      {.name = "install",
       .summary = "put this gomend first on PATH, as go and as gomend",
       .arguments = "",
       .about =
           "Copies itself into a directory of its own and adds a few marked lines to the end of "
           "the start-up files of the shells that you have. Typed again it brings an older one up "
           "to date. With --alias PATH keeps its order: then go is gomend's only where you type "
           "it, not in scripts, makefiles and editors.",
       .options = {for_all,
                   in_dir,
                   {"shell", "bash|zsh|fish|sh|none",
                    "only for these (bash,zsh); none: no start-up file is changed"},
                   {"alias", "", "alias go='gomend go' instead of a directory on PATH"},
                   in_root,
                   dry_run},
       .examples = {{"gomend install --system --shell none",
                     "in an image; then ENV PATH=/usr/lib/gomend/bin:$PATH"}},
       .status = "0 done, 1 a start-up file could not be changed, 2 nothing was done",
       .json = {},
       .run = install},
      {.name = "activate",
       .summary = "print what puts gomend's go first on PATH in a shell",
       .arguments = "bash|zsh|fish|sh",
       .about = "For this shell, or for start-up files that you keep yourself.",
       .options = {{"alias", "", "an alias for go instead; PATH keeps its order"}},
       .examples = {{"eval \"$(gomend activate bash)\"", "bash, zsh and sh"},
                    {"gomend activate fish | source", "fish"}},
       .status = "",
       .json = {},
       .run = activate},
      {.name = "status",
       .summary = "is gomend first on PATH, which go is behind it, is it on",
       .arguments = "",
       .about = "",
       .options = {json},
       .examples = {},
       .status = "0 a go typed here is mended, 1 it is not",
       .json = {{"version", "of this gomend"},
                {"mends", "true if a go typed here is mended"},
                {"first", "true if the first go on PATH is a gomend"},
                {"first_go", "the first go on PATH"},
                {"shim", "the first gomend under that name on PATH"},
                {"real_go", "the go behind it"},
                {"by_version_manager", "true if that is a version manager's shim"},
                {"mode", "on, advise or off (GOMEND)"},
                {"installed", "list of directories with a gomend and its go"},
                {"startup_files", "list of files with its lines"},
                {"next", "a command that helps, or empty"}},
       .run = status},
      {.name = "uninstall",
       .summary = "take it out again, and all that it has left",
       .arguments = "",
       .about =
           "Start-up files are byte for byte what they were. What was replaced in the module cache "
           "(gomend restore) goes, too. Your own config.toml stays.",
       .options = {{"keep-journal", "", "leave the journal of what was repaired"},
                   for_all,
                   in_dir,
                   in_root,
                   dry_run},
       .examples = {},
       .status = "0 done, 1 not all of it could be removed, 2 there is nothing to uninstall",
       .json = {},
       .run = uninstall},
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

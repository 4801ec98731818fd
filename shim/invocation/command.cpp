#include "shim/invocation/command.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "recovery/go/go_flags.hpp"
#include "recovery/settings/go_env.hpp"

namespace shim {

using recovery::Flag;
using recovery::parse_words;
using recovery::split_quoted;
using recovery::Words;
namespace {

// To add a subcommand: one row, with what it does to modules. A verb without a row is exec'd.
enum class Kind {
  plain,
  loads,
  builds,
  lists,
  downloads,
  tests,
  runs,
  tool,
  cleans,
  vets,
  fixes,
  verifies
};
struct Row {
  std::string_view verb;
  Kind kind;
};
constexpr std::array rows = {
    Row{"bug", Kind::plain},
    Row{"build", Kind::builds},
    Row{"clean", Kind::cleans},
    Row{"doc", Kind::loads},
    Row{"env", Kind::plain},
    Row{"fix", Kind::fixes},
    Row{"fmt", Kind::loads},
    Row{"generate", Kind::plain},
    Row{"get", Kind::loads},
    Row{"help", Kind::plain},
    Row{"install", Kind::builds},
    Row{"list", Kind::lists},
    Row{"mod download", Kind::downloads},
    Row{"mod edit", Kind::plain},
    Row{"mod graph", Kind::loads},
    Row{"mod init", Kind::plain},
    Row{"mod tidy", Kind::loads},
    Row{"mod vendor", Kind::loads},
    Row{"mod verify", Kind::verifies},
    Row{"mod why", Kind::loads},
    Row{"run", Kind::runs},
    Row{"telemetry", Kind::plain},
    Row{"test", Kind::tests},
    Row{"tool", Kind::tool},
    Row{"version", Kind::plain},
    Row{"vet", Kind::vets},
    Row{"work edit", Kind::plain},
    Row{"work init", Kind::loads},
    Row{"work sync", Kind::loads},
    Row{"work use", Kind::loads},
    Row{"work vendor", Kind::loads},  // 1.22
};

// Tools that come with Go, of any version from 1.19 on: they load no modules.
constexpr std::array builtin_tools = {
    "addr2line", "api",        "asm",       "buildid", "cgo",   "compile", "covdata", "cover",
    "dist",      "distpack",   "doc",       "fix",     "link",  "nm",      "objdump", "pack",
    "pprof",     "preprofile", "test2json", "tour",    "trace", "vet"};

constexpr std::array users_tools = {"exec", "fixtool", "toolexec", "vettool"};

#if defined(__x86_64__)
constexpr std::string_view our_arch = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view our_arch = "arm64";
#elif defined(__i386__)
constexpr std::string_view our_arch = "386";
#elif defined(__riscv)
constexpr std::string_view our_arch = "riscv64";
#else
constexpr std::string_view our_arch = "unknown";  // then GOARCH in the environment means no hook
#endif

const Row* find_row(const recovery::CommandLine& line) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.verb == line.verb; });
  return row == rows.end() ? nullptr : &*row;
}

Words flags_from_settings(const std::string& goflags) {
  Words words;
  words.flags = recovery::flags_in_goflags(goflags);
  return words;
}

bool many_packages(const std::vector<std::string>& argv, const std::vector<int>& packages) {
  if (packages.size() > 1) return true;
  return packages.size() == 1 &&
         argv[static_cast<std::size_t>(packages[0])].find("...") != std::string::npos;
}

Command::Stdout list_stdout(const std::vector<std::string>& argv, const Words& words) {
  for (const char* flag : {"compiled", "deps", "export", "json", "m", "test"}) {
    if (words.find(flag) != nullptr) return Command::Stdout::hold;
  }
  return many_packages(argv, words.packages) ? Command::Stdout::hold : Command::Stdout::inherit;
}

// True if -exec with our hook does what plain go does: no runner of the user's, no cross-compiling
// (go would look for go_GOOS_GOARCH_exec), nothing that prints the command lines.
bool hook_fits(const Words& words, const Words& settings) {
  for (const char* flag : {"exec", "n", "x"}) {
    if (words.find(flag) != nullptr || settings.find(flag) != nullptr) return false;
  }
  const std::string os = recovery::go_setting("GOOS");
  const std::string arch = recovery::go_setting("GOARCH");
  return (os.empty() || os == "linux") && (arch.empty() || arch == our_arch);
}

// Flags whose effect spans the packages of one run, so that two runs can't be joined to what one
// gives.
bool can_join(const Words& words, const Words& settings) {
  for (const char* flag : {"failfast", "o", "outputdir", "cpuprofile", "memprofile", "blockprofile",
                           "mutexprofile", "trace", "artifacts"}) {
    if (words.find(flag) != nullptr) return false;
  }
  return settings.find("coverprofile") == nullptr && settings.find("failfast") == nullptr;
}

void classify_test(const Words& words, Command& command) {
  const Words settings = flags_from_settings(recovery::go_setting("GOFLAGS"));
  command.json = words.on("json") || settings.on("json");
  if (words.on("n") || settings.on("n")) return;
  command.way = Command::Way::watch;
  if (words.on("c")) {  // builds, and runs nothing
    command.out = command.json ? Command::Stdout::hold : Command::Stdout::inherit;
    return;
  }
  command.joinable = can_join(words, settings);
  if (const Flag* profile = words.find("coverprofile")) command.coverprofile_at = profile->value_at;
  const bool own_stdout = words.packages.empty() || words.find("bench") != nullptr ||
                          words.find("fuzz") != nullptr || settings.find("bench") != nullptr;
  if (!own_stdout) {
    command.out = Command::Stdout::test_stream;
  } else if (hook_fits(words, settings)) {
    command.way = Command::Way::hook;
    command.out = Command::Stdout::test_stream;
  } else {
    command.way = Command::Way::exec;  // the test gets go's own stdout: a pipe of ours would show
  }
}

void classify_run(const Words& words, Command& command) {
  const Words settings = flags_from_settings(recovery::go_setting("GOFLAGS"));
  if (!words.packages.empty() && hook_fits(words, settings)) command.way = Command::Way::hook;
}

void classify_tool(const std::vector<std::string>& argv, const Words& words, Command& command) {
  if (words.packages.empty() || words.on("n")) return;
  const std::string& tool = argv[static_cast<std::size_t>(words.packages[0])];
  if (std::find(builtin_tools.begin(), builtin_tools.end(), tool) == builtin_tools.end()) {
    command.way = Command::Way::ask_again;
  }
}

// `go clean` of whole caches looks at no module; any package argument, and plain `go clean`, does.
bool cleans_only_caches(const Words& words) {
  if (!words.packages.empty()) return false;
  for (const char* flag : {"cache", "fuzzcache", "modcache", "testcache"}) {
    if (words.on(flag)) return true;
  }
  return false;
}

// Of `go build` and `go install`: GOFLAGS from the environment only, so that the happy path opens
// no file.
bool json_build(const Words& words) {
  const char* goflags = getenv("GOFLAGS");
  return words.on("json") || (goflags != nullptr && flags_from_settings(goflags).on("json"));
}

void classify_kind(Kind kind, const std::vector<std::string>& argv, const Words& words,
                   Command& command) {
  using Way = Command::Way;
  using Stdout = Command::Stdout;
  switch (kind) {
    case Kind::plain:
      return;
    case Kind::tests:
      return classify_test(words, command);
    case Kind::runs:
      return classify_run(words, command);
    case Kind::tool:
      return classify_tool(argv, words, command);
    case Kind::cleans:
      if (cleans_only_caches(words)) return;
      break;
    case Kind::builds:
      command.json = json_build(words);
      if (command.json) command.out = Stdout::hold;
      break;
    case Kind::lists:
      command.out = list_stdout(argv, words);
      command.errors_as_data = words.on("e") && words.find("json") != nullptr;
      break;
    case Kind::downloads:
      if (words.on("json")) command.out = Stdout::hold;
      break;
    case Kind::vets:
      command.rewrites_sources = words.on("fix");
      break;
    case Kind::fixes:
      command.rewrites_sources = true;
      break;
    case Kind::verifies:
      command.never_again = true;  // it asks a question, and has the answer
      break;
    case Kind::loads:
      break;
  }
  command.way = Way::watch;
}

bool names_a_stream(std::string_view word) {
  for (const char* prefix : {"/dev/stdin", "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"}) {
    if (word.find(prefix) != std::string_view::npos) return true;
  }
  return false;
}

bool is_fifo(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0 && S_ISFIFO(facts.st_mode);
}

}  // namespace

Command classify(const std::vector<std::string>& argv) {
  const recovery::CommandLine line = recovery::read_command_line(argv);
  Command command;
  command.verb = line.verb;
  command.dir = line.dir;
  command.flags_at = line.flags_at;
  const Row* row = find_row(line);
  if (row == nullptr) return command;
  const Words words = recovery::words_of(argv);
  if (words.find("h") != nullptr || words.find("help") != nullptr) return command;
  command.packages = words.packages;
  classify_kind(row->kind, argv, words, command);
  return command;
}

bool streams_one_test(const std::vector<std::string>& argv, const Command& command) {
  if (command.json || command.packages.empty()) return false;
  const Words words = parse_words("test", {argv.begin() + command.flags_at, argv.end()}, 0);
  return words.on("v") || words.find("list") != nullptr ||
         flags_from_settings(recovery::go_setting("GOFLAGS")).on("v");
}

bool has_users_tool(const std::vector<std::string>& argv) {
  const std::string verb = recovery::read_command_line(argv).verb;
  const Words words = recovery::words_of(argv);
  const std::string goflags = recovery::go_setting("GOFLAGS");
  const Words settings = flags_from_settings(goflags);
  const bool is_readable = split_quoted(goflags).has_value();
  const bool runs = verb == "run" || verb == "test";
  return !is_readable || std::ranges::any_of(users_tools, [&](const char* flag) {
    const bool counts = runs || flag != std::string_view("exec");
    return counts && (words.find(flag) != nullptr || settings.find(flag) != nullptr);
  });
}

bool shows_text_of_others(const std::vector<std::string>& argv) {
  const std::string verb = recovery::read_command_line(argv).verb;
  const Words words = recovery::words_of(argv);
  return verb == "doc" ||
         (verb == "list" && (words.find("f") != nullptr || words.find("json") != nullptr));
}

bool reads_unrepeatable(const std::vector<std::string>& argv) {
  const auto is_unrepeatable = [](const std::string& path) {
    return path == "-" || names_a_stream(path) || is_fifo(path);
  };
  const auto settings = flags_from_settings(recovery::go_setting("GOFLAGS"));
  if (std::ranges::any_of(settings.flags, is_unrepeatable, &Flag::value)) return true;
  return std::any_of(argv.begin() + (argv.empty() ? 0 : 1), argv.end(),
                     [&](const std::string& word) {
                       const std::size_t equals = word.find('=');
                       const bool flag = word.starts_with("-") && equals != std::string::npos;
                       return is_unrepeatable(flag ? word.substr(equals + 1) : word);
                     });
}

}  // namespace shim

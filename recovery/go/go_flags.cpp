#include "recovery/go/go_flags.hpp"

#include <algorithm>
#include <array>

namespace recovery {
namespace {

// Flags that take the next word as their value. A flag that is in neither list is unknown: of `go
// test` it belongs to the test binary; of others go refuses it before it does anything.
constexpr std::array valued = {"C",
                               "asmflags",
                               "buildmode",
                               "compat",
                               "compiler",
                               "covermode",
                               "coverpkg",
                               "debug-actiongraph",
                               "debug-runtime-trace",
                               "debug-trace",
                               "exec",
                               "f",
                               "fixtool",
                               "gccgoflags",
                               "gcflags",
                               "go",
                               "installsuffix",
                               "ldflags",
                               "mod",
                               "modfile",
                               "o",
                               "overlay",
                               "p",
                               "pgo",
                               "pkgdir",
                               "reuse",
                               "tags",
                               "toolexec",
                               "vettool"};
constexpr std::array test_valued = {
    "bench",      "benchtime",        "blockprofile", "blockprofilerate",
    "count",      "coverprofile",     "cpu",          "cpuprofile",
    "fuzz",       "fuzzminimizetime", "fuzztime",     "list",
    "memprofile", "memprofilerate",   "mutexprofile", "mutexprofilefraction",
    "outputdir",  "parallel",         "run",          "shuffle",
    "skip",       "timeout",          "trace",        "vet"};
constexpr std::array test_switches = {"a",          "args", "artifacts", "asan",     "benchmem",
                                      "buildvcs",   "c",    "cover",     "failfast", "fullpath",
                                      "h",          "help", "i",         "json",     "linkshared",
                                      "modcacherw", "msan", "n",         "race",     "short",
                                      "trimpath",   "v",    "work",      "x"};

// `go vet`: of its analyzers, those whose value is no boolean; and of go's own.
constexpr std::array vet_valued = {"c",
                                   "printf.funcs",
                                   "printfuncs",
                                   "unusedfuncs",
                                   "unusedresult.funcs",
                                   "unusedresult.stringmethods",
                                   "unusedstringmethods"};

// `go fix`: -fix has no effect since 1.26, and takes its value all the same.
constexpr std::array fix_valued = {"c", "fix"};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_flag(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && word != "--";
}

Flag split_flag(std::string_view word, int at) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const std::size_t equals = word.find('=');
  Flag flag{std::string(word.substr(0, equals)), "", at, -1};
  if (equals != std::string_view::npos) {
    flag.value = word.substr(equals + 1);
    flag.value_at = at;
  }
  return flag;
}

// Takes the flag at `i`, and its value when that is the next word.
Flag take_flag(const std::vector<std::string>& words, std::size_t& i, int first, bool takes_value) {
  Flag flag = split_flag(words[i], first + static_cast<int>(i));
  if (takes_value && flag.value_at < 0 && i + 1 < words.size()) {
    flag.value = words[++i];
    flag.value_at = first + static_cast<int>(i);
  }
  return flag;
}

// testFlags of cmd/go/internal/test/testflag.go: one list of packages, flags before and after it;
// behind an unknown flag nothing is a package any more.
Words parse_test(const std::vector<std::string>& words, int first) {
  Words result;
  bool in_list = false;
  bool list_over = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      result.has_args = true;
      break;
    }
    if (!is_flag(words[i])) {
      if (list_over || (!in_list && !result.packages.empty())) {
        result.has_args = true;
        break;
      }
      in_list = true;
      result.packages.push_back(first + static_cast<int>(i));
      continue;
    }
    in_list = false;
    std::string name = split_flag(words[i], 0).name;
    if (name.starts_with("test.")) name.erase(0, 5);
    const bool takes_value = has(valued, name) || has(test_valued, name);
    if (!takes_value && !has(test_switches, name)) {
      list_over = true;
      result.has_args = true;
      continue;
    }
    result.flags.push_back(take_flag(words, i, first, takes_value));
    result.flags.back().name = name;
    if (name == "args") {
      result.has_args = true;
      break;
    }
  }
  return result;
}

bool takes_value(std::string_view verb, std::string_view name) {
  return has(valued, name) || (verb == "vet" && has(vet_valued, name)) ||
         (verb == "fix" && has(fix_valued, name));
}

// -C is taken at the first place where a word of the verb has just been read (handleChdirFlag), and
// once.
bool take_chdir(const std::vector<std::string>& argv, int& at, std::string& dir) {
  if (!dir.empty() || at >= static_cast<int>(argv.size())) return false;
  const std::string& word = argv[static_cast<std::size_t>(at)];
  if ((word == "-C" || word == "--C") && at + 1 < static_cast<int>(argv.size())) {
    dir = argv[static_cast<std::size_t>(at) + 1];
    at += 2;
    return true;
  }
  if (word.starts_with("-C=") || word.starts_with("--C=")) {
    dir = word.substr(word.find('=') + 1);
    at += 1;
    return true;
  }
  return false;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

const Flag* Words::find(std::string_view name) const {
  const auto found = std::find_if(flags.rbegin(), flags.rend(),
                                  [&](const Flag& flag) { return flag.name == name; });
  return found == flags.rend() ? nullptr : &*found;
}

bool Words::on(std::string_view name) const {
  const Flag* flag = find(name);
  return flag != nullptr && flag->on();
}

Words parse_words(std::string_view verb, const std::vector<std::string>& words, int first) {
  if (verb == "test") return parse_test(words, first);
  Words result;
  std::size_t i = 0;
  for (; i < words.size() && is_flag(words[i]); ++i) {
    const std::string name = split_flag(words[i], 0).name;
    result.flags.push_back(take_flag(words, i, first, takes_value(verb, name)));
  }
  if (i < words.size() && words[i] == "--") ++i;
  for (; i < words.size(); ++i) result.packages.push_back(first + static_cast<int>(i));
  return result;
}

CommandLine read_command_line(const std::vector<std::string>& argv) {
  CommandLine line;
  int at = 1;
  const auto word = [&] {
    return at < static_cast<int>(argv.size()) ? argv[static_cast<std::size_t>(at)] : "";
  };
  take_chdir(argv, at, line.dir);
  line.verb = word();
  ++at;
  take_chdir(argv, at, line.dir);
  if (line.verb == "mod" || line.verb == "work") {
    line.verb += " " + word();
    ++at;
    take_chdir(argv, at, line.dir);
  }
  line.flags_at = at;
  return line;
}

Words words_of(const std::vector<std::string>& argv) {
  const CommandLine line = read_command_line(argv);
  const std::size_t behind = std::min(argv.size(), static_cast<std::size_t>(line.flags_at));
  return parse_words(line.verb, {argv.begin() + static_cast<std::ptrdiff_t>(behind), argv.end()},
                     line.flags_at);
}

std::vector<Flag> flags_in_goflags(std::string_view goflags) {
  std::vector<Flag> flags;
  for (const std::string& word : split_quoted(goflags).value_or(std::vector<std::string>{})) {
    if (is_flag(word)) flags.push_back(split_flag(word, 0));
  }
  return flags;
}

std::optional<std::string> as_goflags(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const bool is_bare = !word.empty() && word[0] != '\'' && word[0] != '"' &&
                         std::find_if(word.begin(), word.end(), is_space) == word.end();
    const auto one = is_bare ? word : quote(word);
    if (!one) return std::nullopt;
    text += (text.empty() ? "" : " ") + *one;
  }
  return text;
}

std::optional<std::vector<std::string>> split_quoted(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return words;
    if (text.front() == '\'' || text.front() == '"') {
      const std::size_t end = text.find(text.front(), 1);
      if (end == std::string_view::npos) return std::nullopt;
      words.emplace_back(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
      continue;
    }
    const auto end = std::find_if(text.begin(), text.end(), is_space);
    words.emplace_back(text.begin(), end);
    text.remove_prefix(words.back().size());
  }
}

std::optional<std::string> quote(std::string_view word) {
  const std::string text(word);
  if (word.find('\'') == std::string_view::npos) return "'" + text + "'";
  if (word.find('"') == std::string_view::npos) return "\"" + text + "\"";
  return std::nullopt;
}

}  // namespace recovery

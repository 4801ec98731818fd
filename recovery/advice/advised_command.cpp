#include "recovery/advice/advised_command.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "recovery/go/module_version.hpp"
#include "recovery/os/text.hpp"

namespace recovery {
namespace {

using Words = std::vector<std::string>;

// What go_setting.hpp's command_line writes: words, and words in single quotes. Anything else that
// a shell would act on makes it no command of ours.
std::optional<Words> split(std::string_view text) {
  Words words;
  std::string word;
  bool has_word = false;
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == ' ') {
      if (has_word) words.push_back(std::move(word));
      word.clear();
      has_word = false;
    } else if (c == '\'') {
      const std::size_t end = text.find('\'');
      if (end == text.npos) return std::nullopt;
      word += text.substr(0, end);
      text.remove_prefix(end + 1);
      has_word = true;
    } else if (c == '\\' && text.starts_with('\'')) {
      word += '\'';
      text.remove_prefix(1);
    } else if (is_plain(std::string(1, c)) || c == '-') {
      word += c;
      has_word = true;
    } else {
      return std::nullopt;
    }
  }
  if (has_word) words.push_back(std::move(word));
  return words;
}

// --- what a word may be ---

bool is_query(std::string_view version) {
  return version == "latest" || is_canonical_version(version);
}

// "example.com/a" or, with one, "example.com/a@v1.2.3".
bool is_path_at(std::string_view word, bool must_have_version, bool of_package) {
  const std::size_t at = word.find('@');
  const std::string_view path = word.substr(0, at);
  if (!(of_package ? is_import_path(path) : is_module_path(path)) || path.starts_with('-'))
    return false;
  return at == word.npos ? !must_have_version : is_query(word.substr(at + 1));
}

bool is_module(std::string_view word) {
  return is_path_at(word, false, false);
}
bool is_module_version(std::string_view word) {
  return ModuleVersion::parse(word).has_value();
}
// A package that the user's code imports, or a version that he has asked for by another name.
bool is_package(std::string_view word) {
  return is_path_at(word, false, true) && !word.ends_with("@latest");
}

// go.mod is edited in one way alone: how a version is written. No line of the user's goes.
bool is_edit(std::string_view word) {
  constexpr std::string_view flag = "-require=";
  return word.starts_with(flag) && is_module_version(word.substr(flag.size()));
}

// What `go env -u` may take back: never a variable that keeps something private, or that says whom
// names are sent to.
bool is_setting(std::string_view word) {
  static constexpr std::array settings{"GO111MODULE", "GOTOOLCHAIN", "GOMODCACHE", "GOAUTH"};
  return std::ranges::find(settings, word) != settings.end();
}

bool is_variable(std::string_view word) {
  return word.starts_with("GO") && is_plain(word) && word.find('=') == word.npos;
}

bool is_place(std::string_view word) {
  return is_plain(word);
}

bool is_search(std::string_view word) {
  return word.starts_with("-S") && is_canonical_version(word.substr(2));
}

// --- the table ---

using Check = bool (*)(std::string_view);

struct Known {
  std::vector<std::string_view> words;  // as they stand, with "?" for one that `checks` tells
  std::vector<Check> checks;            // of each "?", in order
  Check rest = nullptr;                 // what may follow, any number of them
};

// To add a command that advice gives: one row here. It takes nothing away that is not made anew by
// itself, changes no version, weakens no check, and sends no name where it has not gone before;
// of what it changes kept_copy.hpp knows the files.
const std::vector<Known>& known_commands() {
  static const std::vector<Known> all = {
      {{"go", "mod", "tidy"}, {}},
      {{"go", "mod", "download"}, {}},
      {{"go", "mod", "download", "?"}, {is_module_version}},
      {{"go", "mod", "edit", "?"}, {is_edit}},
      {{"go", "list", "-m", "-versions", "?"}, {is_module}},
      {{"go", "get", "?"}, {is_package}},
      {{"go", "env", "-u", "?"}, {is_setting}},
      {{"go", "env", "?"}, {is_variable}, is_variable},
      {{"gomend", "verify", "--repair"}, {}},
      {{"gomend", "fix", "--gosum"}, {}},
      {{"gomend", "diff", "?"}, {is_module_version}},
      {{"git", "-C", "?", "submodule", "update", "--init", "?"}, {is_place, is_place}},
      {{"git", "log", "-p", "?", "--", "go.sum"}, {is_search}},
  };
  return all;
}

bool fits(const Known& known, const Words& argv) {
  if (argv.size() < known.words.size()) return false;
  auto check = known.checks.begin();
  for (std::size_t i = 0; i < known.words.size(); ++i) {
    if (known.words[i] == "?" ? !(*check++)(argv[i]) : argv[i] != known.words[i]) return false;
  }
  const auto rest = argv.begin() + static_cast<std::ptrdiff_t>(known.words.size());
  return rest == argv.end() || (known.rest != nullptr && std::all_of(rest, argv.end(), known.rest));
}

bool has_control_character(const std::string& word) {
  return std::ranges::any_of(
      word, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

bool is_advised_command(const Words& argv) {
  if (std::ranges::any_of(argv, has_control_character)) return false;
  Words plain = argv;
  // The user's own -C: any directory that he named.
  if (plain.size() > 3 && plain[0] == "go" && plain[1] == "-C")
    plain.erase(plain.begin() + 1, plain.begin() + 3);
  return std::ranges::any_of(known_commands(),
                             [&](const Known& known) { return fits(known, plain); });
}

Words command_of(const std::string& next) {
  const auto words = split(next);
  return words && is_advised_command(*words) ? *words : Words();
}

std::string typed(const Words& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

}  // namespace recovery

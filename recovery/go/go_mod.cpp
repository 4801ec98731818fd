#include "recovery/go/go_mod.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <map>
#include <optional>
#include <system_error>

#include "recovery/go/h1.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"

namespace recovery {
namespace {

// The words of a line; a bracket is one, with or without spaces around it.
std::vector<std::string> fields(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : line) {
    if (quote == 0 && (c == '"' || c == '`')) {
      quote = c;
    } else if (c == quote && quote != 0) {
      quote = 0;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
      end_word();
    } else if (quote == 0 && (c == '(' || c == ')')) {
      end_word();
      words.emplace_back(1, c);
    } else {
      word += c;
    }
  }
  end_word();
  return words;
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

// Calls take(directive, words behind it) for each line, blocks "require ( … )" taken apart.
void each_directive(
    std::string_view text,
    const std::function<void(const std::string&, const std::vector<std::string>&)>& take) {
  std::string block;
  each_line(text, [&](std::string_view line) {
    std::vector<std::string> words = fields(line.substr(0, line.find("//")));
    if (words.empty()) return;
    if (!block.empty()) {
      if (words[0] == ")")
        block.clear();
      else
        take(block, words);
    } else if (words.size() == 2 && words[1] == "(") {
      block = words[0];
    } else {
      const std::string directive = words[0];
      words.erase(words.begin());
      take(directive, words);
    }
  });
}

// The right side of "old [v] => new [v]"; nullopt for a directory.
std::optional<ModuleVersion> replacement(const std::vector<std::string>& words, std::size_t arrow) {
  if (arrow + 2 >= words.size()) return std::nullopt;
  return ModuleVersion::parse(words[arrow + 1], words[arrow + 2]);
}

}  // namespace

GoMod parse_go_mod(std::string_view text) {
  GoMod mod;
  std::map<std::pair<std::string, std::string>, std::optional<ModuleVersion>> replaced;
  std::vector<ModuleVersion> required;
  each_directive(text, [&](const std::string& directive, const std::vector<std::string>& words) {
    if (directive == "module" && !words.empty()) mod.module = words[0];
    if (directive == "require" && words.size() >= 2) {
      if (auto m = ModuleVersion::parse(words[0], words[1])) required.push_back(*m);
    }
    if (directive == "replace") {
      const std::size_t arrow = words.size() > 1 && words[1] == "=>" ? 1 : 2;
      if (arrow + 1 < words.size() && words[arrow] == "=>") {
        replaced[{words[0], arrow == 2 ? words[1] : ""}] = replacement(words, arrow);
      }
    }
  });
  for (const ModuleVersion& m : required) {
    auto found = replaced.find({m.path(), m.version()});
    if (found == replaced.end()) found = replaced.find({m.path(), ""});
    if (found == replaced.end())
      mod.needed.insert(m);
    else if (found->second)
      mod.needed.insert(*found->second);
  }
  return mod;
}

std::vector<Directive> read_directives(std::string_view text) {
  std::vector<Directive> all;
  each_directive(text, [&](const std::string& name, const std::vector<std::string>& words) {
    all.push_back({name, words});
  });
  return all;
}

std::vector<std::string> work_modules(const std::string& go_work_file) {
  const std::string base = go_work_file.substr(0, go_work_file.rfind('/'));
  std::vector<std::string> dirs;
  each_directive(read_text_file(go_work_file),
                 [&](const std::string& directive, const std::vector<std::string>& words) {
                   if (directive != "use" || words.empty()) return;
                   dirs.push_back(words[0].starts_with("/") ? words[0] : base + "/" + words[0]);
                 });
  return dirs;
}

void GoSums::add(std::string_view text) {
  each_line(text, [&](std::string_view line) {
    const std::vector<std::string> words = fields(line);
    if (words.size() != 3 || !is_h1(words[2])) return;
    std::string version = words[1];
    const bool of_go_mod = version.ends_with("/go.mod");
    if (of_go_mod) version.resize(version.size() - 7);
    // modfetch drops these on reading: the hash of an empty go.mod, written by a bug of long ago.
    if (of_go_mod && words[2] == "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=") return;
    if (auto m = ModuleVersion::parse(words[0], version)) {
      (of_go_mod ? go_mod : zip)[*m].insert(words[2]);
    }
  });
}

}  // namespace recovery

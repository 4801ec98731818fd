#include "shim/watch/never_started.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace shim {
namespace {

constexpr std::array words = {std::string_view("ok  \t"), std::string_view("FAIL\t"),
                              std::string_view("?   \t")};
constexpr std::size_t word_size = 5;
constexpr std::size_t longest_name = 4096;

bool is_among(const std::vector<std::string>& packages, const std::string& package) {
  return std::ranges::find(packages, package) != packages.end();
}

// It becomes an argument of the second run: never a flag, never a pattern.
bool may_name_package(const std::string& package) {
  return !package.empty() && !package.starts_with('-') &&
         package.find("...") == std::string::npos &&
         package.find_first_of(" \t=\"'\\@") == std::string::npos;
}

// -json: an event of the package that tells nothing of a test.
struct Story {
  int starts = 0;
  int announcements = 0;
  int ends = 0;
  bool has_more = false;
  bool is_in_order = true;
};

std::map<std::string, Story> read_stories(const std::vector<TestLine>& held) {
  std::map<std::string, Story> stories;
  for (const TestLine& line : held) {
    Story& story = stories[line.package];
    if (line.kind == TestLine::start) story.starts += 1;
    if (line.kind == TestLine::announce) story.announcements += 1;
    if (line.kind == TestLine::failed) story.ends += 1;
    if (line.kind == TestLine::package_event || line.kind == TestLine::passed)
      story.has_more = true;
    const bool ends_too_early = story.ends > 0 && line.kind != TestLine::failed;
    story.is_in_order = story.is_in_order && !ends_too_early;
  }
  return stories;
}

bool is_event(const TestLine& line) {
  return line.bytes.starts_with('{');
}

bool tells_of_build(const TestLine& line) {
  return line.kind == TestLine::build_output || line.kind == TestLine::build_fail;
}

}  // namespace

void Results::feed(std::string_view bytes) {
  if (are_too_many()) return;
  const std::string text = carry_ + std::string(bytes);
  std::size_t keep_from = text.size() - std::min(text.size(), word_size - 1);
  for (std::size_t tab = text.find('\t'); tab != text.npos; tab = text.find('\t', tab + 1)) {
    if (tab + 1 < word_size) continue;
    const std::string_view word = std::string_view(text).substr(tab + 1 - word_size, word_size);
    if (std::ranges::find(words, word) == words.end()) continue;
    const std::size_t end = text.find_first_of("\t\n", tab + 1);
    if (end == text.npos) {
      if (text.size() - tab <= longest_name) keep_from = tab + 1 - word_size;
      break;
    }
    if (text[end] == '\t') packages_.insert(text.substr(tab + 1, end - tab - 1));
  }
  carry_ = text.substr(keep_from);
}

std::vector<std::string> never_started(const std::vector<TestLine>& held, const Results& results,
                                       bool json) {
  std::vector<std::string> found;
  const auto stories = read_stories(held);
  for (const TestLine& line : held) {
    if (line.kind != TestLine::announce || is_among(found, line.package)) continue;
    if (!may_name_package(line.package) || results.has(line.package)) continue;
    const Story& story = stories.at(line.package);
    const bool is_whole = story.starts == 1 && story.announcements == 1 && story.ends == 1 &&
                          story.is_in_order && !story.has_more;
    if (json && is_event(line) && !is_whole) continue;
    found.push_back(line.package);
  }
  return found;
}

Remainder without(const std::vector<TestLine>& held, const std::vector<std::string>& packages,
                  bool json) {
  Remainder rest;
  const bool has_others = std::ranges::any_of(held, [&](const TestLine& line) {
    return line.kind == TestLine::announce && !is_among(packages, line.package);
  });
  for (std::size_t i = 0; i < held.size(); ++i) {
    const TestLine& line = held[i];
    const bool is_theirs = is_among(packages, line.package);
    const bool is_told_again =
        is_theirs && (line.kind == TestLine::announce ||
                      (json && (line.kind == TestLine::start || line.kind == TestLine::failed)));
    const bool is_last_word = line.kind == TestLine::final_fail && i + 1 == held.size();
    if (is_told_again || is_last_word || (tells_of_build(line) && !has_others)) {
      rest.dropped += line.bytes;
      continue;
    }
    const bool fails = line.kind == TestLine::failed || line.kind == TestLine::announce;
    rest.has_failure = rest.has_failure || fails;
    rest.kept += line.bytes;
  }
  return rest;
}

}  // namespace shim

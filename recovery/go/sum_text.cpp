#include "recovery/go/sum_text.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "recovery/go/h1.hpp"

namespace recovery {
namespace {

constexpr std::string_view of_go_mod_mark = "/go.mod";

std::vector<std::string> fields(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// What git begins the lines of a conflict with.
bool is_mark(std::string_view line, char c) {
  return line.starts_with(std::string(7, c));
}

// "h2:…": an algorithm of a go to come; this one passes over it.
bool is_unknown_hash(std::string_view hash) {
  return hash.size() > 3 && hash[0] == 'h' && hash[1] >= '2' && hash[1] <= '9' && hash[2] == ':';
}

}  // namespace

SumText::Line SumText::read_line(std::string_view text) {
  Line line;
  line.text = text;
  const std::vector<std::string> words = fields(text);
  if (words.empty() && text.find('\0') == text.npos) line.kind = Line::Kind::other;
  if (words.size() < 3) return line;  // the version may be torn, too
  std::string version = words[1];
  const bool of_go_mod = version.ends_with(of_go_mod_mark);
  if (of_go_mod) version.resize(version.size() - of_go_mod_mark.size());
  if (const auto m = ModuleVersion::parse(words[0], version)) line.key = {*m, of_go_mod};
  if (words.size() != 3) return line;
  if (is_h1(words[2])) {
    line.kind = line.key ? Line::Kind::entry : Line::Kind::other;
    line.hash = words[2];
  } else if (is_unknown_hash(words[2])) {
    line.kind = Line::Kind::other;
  }
  return line;
}

SumText::SumText(std::string_view text) {
  enum class Side { none, ours, base, theirs };
  Side side = Side::none;
  int conflicts = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(end);
    Line line;
    const bool begins = is_mark(whole, '<');
    const bool ends = is_mark(whole, '>');
    if (begins || ends || is_mark(whole, '|') || is_mark(whole, '=')) {
      line.text = whole;
      line.kind = Line::Kind::mark;
      if (begins) ++conflicts;
      if (begins) side = Side::ours;
      if (is_mark(whole, '|') && side == Side::ours) side = Side::base;
      if (is_mark(whole, '=') && side != Side::none) side = Side::theirs;
    } else {
      line = read_line(whole);
      if (side == Side::base) line.kind = Line::Kind::base;
    }
    if (side != Side::none) line.conflict = conflicts;
    if (ends) side = Side::none;
    lines_.push_back(std::move(line));
  }
}

std::set<ModuleVersion> SumText::modules() const {
  std::set<ModuleVersion> all;
  for (const Line& line : lines_) {
    if (line.key && line.kind != Line::Kind::base) all.insert(line.key->module);
  }
  return all;
}

std::optional<ModuleVersion> SumText::first_without(const GoSums& vouched) const {
  for (const Line& line : lines_) {
    if (line.kind != Line::Kind::entry) continue;
    if (!(line.key->of_go_mod ? vouched.go_mod : vouched.zip).contains(line.key->module))
      return line.key->module;
  }
  return std::nullopt;
}

bool SumText::is_readable() const {
  return lines_.empty() || std::ranges::any_of(lines_, [](const Line& line) {
           return line.kind == Line::Kind::entry || line.kind == Line::Kind::mark ||
                  line.key.has_value();
         });
}

// One judgement.
class SumJudge {
  using Line = SumText::Line;
  using Kind = Line::Kind;
  using Key = SumText::Key;

 public:
  SumJudge(const std::vector<Line>& lines, const GoSums& vouched)
      : lines_(lines), vouched_(vouched) {}

  SumText::Judged run() {
    find_right_hashes();
    for (std::size_t i = 0; i < lines_.size(); ++i) judge(i);
    end_hunk();
    return std::move(judged_);
  }

 private:
  struct Right {
    std::string hash;
    bool is_proven = false;
    std::size_t first;  // the line that has it already; npos: none
    bool is_out = false;
  };
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  std::string proven_hash(const Key& key) const {
    const auto& hashes = key.of_go_mod ? vouched_.go_mod : vouched_.zip;
    const auto found = hashes.find(key.module);
    return found == hashes.end() || found->second.size() != 1 ? "" : *found->second.begin();
  }

  void find_right_hashes() {
    std::map<Key, std::set<std::string>> said;
    std::map<Key, std::size_t> first_of;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const Line& line = lines_[i];
      if (!line.key || (line.kind != Kind::entry && line.kind != Kind::torn)) continue;
      first_of.try_emplace(*line.key, i);
      auto& hashes = said[*line.key];
      if (line.kind == Kind::entry) hashes.insert(line.hash);
    }
    for (const auto& [key, hashes] : said) {
      const std::string proven = proven_hash(key);
      if (proven.empty() && hashes.size() != 1) {
        refuse(key, first_of[key], hashes.empty());
        continue;
      }
      right_.emplace(
          key, Right{proven.empty() ? *hashes.begin() : proven, !proven.empty(), npos, false});
    }
    for (const Line& line : lines_) {
      if (line.key && refused_.contains(*line.key) && line.conflict >= 0)
        refused_conflicts_.insert(line.conflict);
    }
    for (std::size_t i = lines_.size(); i-- > 0;) {
      const Line& line = lines_[i];
      if (line.kind != Kind::entry || is_left(line)) continue;
      Right& right = right_.at(*line.key);
      if (line.hash == right.hash) right.first = i;
    }
  }

  void refuse(const Key& key, std::size_t line, bool is_torn) {
    refused_.insert(key);
    judged_.refused.push_back(
        {key.module, "line " + std::to_string(line + 1) + ": " + name_of(key) +
                         (is_torn ? ": its hash is torn" : ": its lines contradict each other")});
  }

  static std::string name_of(const Key& key) {
    return key.module.path() + " " + key.module.version() +
           (key.of_go_mod ? std::string(of_go_mod_mark) : "");
  }

  // What is refused stays as it is, with all of the conflict that it stands in.
  bool is_left(const Line& line) const {
    return refused_conflicts_.contains(line.conflict) ||
           (line.key && line.kind != Kind::base && refused_.contains(*line.key));
  }

  void judge(std::size_t i) {
    const Line& line = lines_[i];
    if (is_left(line)) return keep(line, false);
    switch (line.kind) {
      case Kind::mark:
      case Kind::base:
        return drop(line);
      case Kind::other:
        if (line.conflict >= 0 && !others_.insert(line.text).second) return drop(line);
        return keep(line, false);
      case Kind::torn:
        if (!line.key) return drop(line);
        break;
      case Kind::entry:
        break;
    }
    Right& right = right_.at(*line.key);
    if (line.kind == Kind::entry && line.hash == right.hash) {
      // Both sides of a merge have it; elsewhere a line that is right twice does no harm.
      if (line.conflict >= 0 && (right.is_out || right.first != i)) return drop(line);
      right.is_out = true;
      return keep(line, right.is_proven);
    }
    drop(line);
    if (right.first != npos || right.is_out) return;
    right.is_out = true;
    add(name_of(*line.key) + " " + right.hash + (line.text.ends_with("\r\n") ? "\r\n" : "\n"));
    ++judged_.proven;
  }

  void keep(const Line& line, bool is_proven) {
    end_hunk();
    judged_.text += line.text;
    ++old_line_;
    ++new_line_;
    if (line.kind == Kind::entry) ++(is_proven ? judged_.proven : judged_.unproven);
  }

  void drop(const Line& line) {
    minus_ += "-" + with_end(line.text);
    ++minus_lines_;
  }

  void add(const std::string& text) {
    judged_.text += text;
    plus_ += "+" + with_end(text);
    ++plus_lines_;
  }

  static std::string with_end(const std::string& text) {
    return text.ends_with('\n') ? text : text + "\n\\ No newline at end of file\n";
  }

  void end_hunk() {
    if (minus_lines_ + plus_lines_ == 0) return;
    // A side without lines is named by the line before it.
    const auto range = [](std::size_t at, std::size_t count) {
      return std::to_string(count == 0 ? at - 1 : at) + "," + std::to_string(count);
    };
    judged_.diff += "@@ -" + range(old_line_, minus_lines_) + " +" + range(new_line_, plus_lines_) +
                    " @@\n" + minus_ + plus_;
    old_line_ += minus_lines_;
    new_line_ += plus_lines_;
    minus_.clear();
    plus_.clear();
    minus_lines_ = plus_lines_ = 0;
  }

  const std::vector<Line>& lines_;
  const GoSums& vouched_;
  std::map<Key, Right> right_;
  std::set<Key> refused_;
  std::set<int> refused_conflicts_;
  std::set<std::string> others_;
  SumText::Judged judged_;
  std::string minus_, plus_;
  std::size_t minus_lines_ = 0, plus_lines_ = 0;
  std::size_t old_line_ = 1, new_line_ = 1;
};

SumText::Judged SumText::judged_by(const GoSums& vouched) const {
  return SumJudge(lines_, vouched).run();
}

}  // namespace recovery

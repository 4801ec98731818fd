#include "patterns/literal.hpp"

#include <algorithm>
#include <cctype>

namespace patterns {
namespace {

bool letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Reads a regular expression from left to right; what is in doubt counts as no fixed text.
class Reader {
 public:
  explicit Reader(std::string_view regex) : rest_(regex) {}

  // The longest fixed text of what stands up to the next unmatched ")" or the end; "" if it has
  // alternatives.
  std::string longest() {
    std::string best, run;
    bool alternatives = false;
    const auto end_run = [&] {
      if (run.size() > best.size()) best = run;
      run.clear();
    };
    while (!rest_.empty() && rest_.front() != ')') {
      if (const auto fixed = literal(); fixed != '\0') {
        const auto before = rest_.size();
        if (!optional()) run.push_back(fixed);
        if (rest_.size() != before) end_run();  // "ab+c": "ab" and "c", never "abc"
        continue;
      }
      end_run();
      alternatives = alternatives || rest_.front() == '|';
      if (auto inner = element(); inner.size() > best.size()) best = std::move(inner);
    }
    end_run();
    return alternatives ? std::string() : best;
  }

 private:
  // Takes one character that stands for itself; else takes nothing.
  char literal() {
    constexpr std::string_view special = "[](){}.*+?^$|\\";
    const bool escaped = rest_.front() == '\\';
    if (escaped && (rest_.size() < 2 || letter_or_digit(rest_[1]))) return '\0';
    if (!escaped && special.find(rest_.front()) != special.npos) return '\0';
    const char c = rest_[escaped ? 1 : 0];
    rest_.remove_prefix(escaped ? 2 : 1);
    return c;
  }

  // Takes a group, a class, an escape or an operator; the text that a group surely contains.
  std::string element() {
    if (rest_.front() == '(') return group();
    if (rest_.front() == '[') {
      skip_class();
    } else if (rest_.starts_with("\\k<")) {
      rest_.remove_prefix(std::min(rest_.find('>'), rest_.size() - 1) + 1);
    } else {
      rest_.remove_prefix(rest_.front() == '\\' ? std::min<std::size_t>(2, rest_.size()) : 1);
    }
    optional();
    return {};
  }

  std::string group() {
    const bool looks_around = rest_.starts_with("(?=") || rest_.starts_with("(?!") ||
                              rest_.starts_with("(?<=") || rest_.starts_with("(?<!");
    const bool named = rest_.starts_with("(?<") && !looks_around;
    rest_.remove_prefix(named ? std::min(rest_.find('>'), rest_.size() - 1) + 1 : 1);
    auto inner = longest();
    if (!rest_.empty()) rest_.remove_prefix(1);
    return optional() || looks_around ? std::string() : inner;
  }

  void skip_class() {
    std::size_t i = rest_.starts_with("[^") ? 2 : 1;
    if (i < rest_.size() && rest_[i] == ']') ++i;
    while (i < rest_.size() && rest_[i] != ']') i += rest_[i] == '\\' ? 2 : 1;
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
  }

  // Takes a quantifier; true if what stands before it may be absent.
  bool optional() {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    const bool absent = c == '?' || c == '*' || rest_.starts_with("{0");
    if (absent || c == '+' || c == '{') {
      rest_.remove_prefix(c == '{' ? std::min(rest_.find('}'), rest_.size() - 1) + 1 : 1);
      if (!rest_.empty() && (rest_.front() == '?' || rest_.front() == '+')) rest_.remove_prefix(1);
    }
    return absent;
  }

  std::string_view rest_;
};

}  // namespace

std::string required_literal(std::string_view regex) {
  return Reader(regex).longest();
}

}  // namespace patterns

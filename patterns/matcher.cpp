#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "patterns/matcher.hpp"

#include "patterns/diagnosis.hpp"
#include "patterns/grams.hpp"
#include "patterns/literal.hpp"
#include "patterns/rule_file.hpp"
#include "patterns/tail.hpp"

namespace patterns {
namespace {

constexpr std::size_t max_results = 64;
constexpr std::size_t max_line_capture = 1000;  // bytes of Diagnosis::line
constexpr std::size_t max_work = 4'000'000;     // for one text; see Page::afford
constexpr std::uint32_t match_limit = 20000;    // backtracking steps per try
constexpr int lines_before = 3;                 // how far above its fixed text a match may begin

// Behind this stand a server's words, not go's: to the end of the line, and what is indented below.
constexpr std::string_view response_mark = "server response:";

// One compiled regular expression. In the rules "( )" only groups, and "^" and "$" are the ends of
// lines.
class Regex {
 public:
  explicit Regex(const std::string& pattern) : context_(pcre2_match_context_create(nullptr)) {
    const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> how(
        pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
    pcre2_set_newline(how.get(), PCRE2_NEWLINE_LF);
    constexpr std::uint32_t options = PCRE2_MULTILINE | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES |
                                      PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_UTF;
    int error = 0;
    std::size_t at = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options,
                              &error, &at, how.get()));
    if (!code_)
      throw std::runtime_error(reason(error) + " at character " + std::to_string(at + 1) +
                               " of: " + pattern);
    data_.reset(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    pcre2_set_match_limit(context_.get(), match_limit);
  }

  // The first match that begins in [from, last] of `text`. A pattern that reaches its limit has no
  // match, for good: one try of that cost is all that a hostile text gets from it.
  std::optional<std::pair<std::size_t, std::size_t>> find(std::string_view text, std::size_t from,
                                                          std::size_t last) {
    if (spent_) return std::nullopt;
    pcre2_set_offset_limit(context_.get(), last);
    const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                  text.size(), from, 0, data_.get(), context_.get());
    spent_ = found < 0 && found != PCRE2_ERROR_NOMATCH;
    if (found < 0) return std::nullopt;
    const auto* ends = pcre2_get_ovector_pointer(data_.get());
    return std::pair{ends[0], ends[1]};
  }

  void refresh() { spent_ = false; }

  // The flags whose groups took part in the last match.
  [[nodiscard]] RuleFlags flags() const {
    std::uint32_t count = 0, size = 0;
    PCRE2_SPTR name = nullptr;
    pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMETABLE, &name);
    const auto* ends = pcre2_get_ovector_pointer(data_.get());
    RuleFlags flags;
    for (; count > 0; --count, name += size) {
      const auto flag = flag_named(reinterpret_cast<const char*>(name + 2));
      if (flag && ends[2 * number_of(name)] != PCRE2_UNSET) flags.add(*flag);
    }
    return flags;
  }

  // A named group of the last match; the first of that name which took part.
  [[nodiscard]] std::string_view group(const char* name, std::string_view text) const {
    PCRE2_SPTR first = nullptr, last = nullptr;
    const int size = pcre2_substring_nametable_scan(code_.get(), reinterpret_cast<PCRE2_SPTR>(name),
                                                    &first, &last);
    const auto* ends = pcre2_get_ovector_pointer(data_.get());
    for (; size > 0 && first <= last; first += size) {
      const std::size_t number = number_of(first);
      if (ends[2 * number] != PCRE2_UNSET)
        return text.substr(ends[2 * number], ends[2 * number + 1] - ends[2 * number]);
    }
    return {};
  }

 private:
  // Of the group that an entry of the name table is about.
  static std::size_t number_of(PCRE2_SPTR entry) {
    return static_cast<std::size_t>(entry[0]) << 8U | entry[1];
  }

  static std::string reason(int error) {
    std::array<PCRE2_UCHAR, 200> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
  }

  template <auto Free>
  struct Deleter {
    template <typename T>
    void operator()(T* pointer) const {
      Free(pointer);
    }
  };
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code_;
  std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> data_;
  std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> context_;
  bool spent_ = false;
};

// Whether a match may hold a newline: whether the expression asks for one ("[^\n]" asks for none).
bool spans_lines(std::string_view when) {
  for (auto at = when.find('\\'); at != when.npos; at = when.find('\\', at + 2)) {
    const bool in_class = at >= 2 && when.substr(at - 2, 2) == "[^";
    const auto two = when.substr(at, 3);
    if (two.starts_with("\\n") && !in_class) return true;
    if (two == "\\s*" || two == "\\s+") return true;
  }
  return false;
}

// A pattern of a rule; compiled when its fixed text is met for the first time.
struct Pattern {
  std::string when;
  std::string fixed;
  int lines_above;
  bool reads_responses;  // it asks for what a server has answered, as such
  std::unique_ptr<Regex> regex = nullptr;

  explicit Pattern(const std::string& regular_expression)
      : when(regular_expression),
        fixed(required_literal(when)),
        lines_above(spans_lines(when) ? lines_before : 0),
        reads_responses(when.find(response_mark) != when.npos) {}

  Regex& compiled() {
    if (!regex) regex = std::make_unique<Regex>(when);
    return *regex;
  }
};

struct Engine {
  std::vector<Rule> rules;
  std::vector<std::vector<Pattern>> patterns;  // of the rule with the same index
  std::unique_ptr<Regex> prefix = nullptr;
  std::mutex one_at_a_time;

  Engine() {
    RuleSet set = parse_rules(rule_files(), Examples::skip);
    rules = std::move(set.rules);
    for (const auto& rule : rules) {
      auto& list = patterns.emplace_back();
      for (const auto& when : rule.when) list.emplace_back(when);
    }
    std::string any;
    for (const auto& prefix_of_a_line : set.prefixes)
      any += (any.empty() ? "\\A(" : "|") + prefix_of_a_line;
    prefix = std::make_unique<Regex>(any + ")+");
  }
};

// What is read: the cleaned text, and which of its lines a rule has already spoken for.
class Page {
 public:
  explicit Page(std::string text) : text_(std::move(text)), grams_(text_) {
    for (std::size_t at = 0; at < text_.size(); at = end_of_line(at) + 1) starts_.push_back(at);
    taken_.resize(starts_.size());
    for (auto at = text_.find(response_mark); at != text_.npos;
         at = text_.find(response_mark, responses_.back().second)) {
      responses_.emplace_back(at + response_mark.size(), end_of_response(at));
    }
  }

  [[nodiscard]] bool is_in_response(std::size_t begin, std::size_t end) const {
    const auto after = std::partition_point(responses_.begin(), responses_.end(),
                                            [&](const auto& one) { return one.second <= begin; });
    return after != responses_.end() && after->first < end;
  }

  [[nodiscard]] std::string_view text() const { return text_; }

  [[nodiscard]] bool may_hold(std::string_view fixed) const { return grams_.may_hold(fixed); }

  // Whether there is still work to spend on one more try that begins at `from`, at fixed text at
  // `at`. Time grows with the square of a line's length at worst; a text made for that ends with
  // fewer answers, never with a long wait.
  bool afford(std::size_t from, std::size_t at) {
    const auto length = end_of_line(at) - from;
    const auto cost = 64 + length + length * length / 512;
    if (cost > work_) return work_ = 0, false;
    work_ -= cost;
    return true;
  }

  [[nodiscard]] std::size_t lines_above(std::size_t at, int count) const {
    const auto line = static_cast<std::ptrdiff_t>(line_of(at));
    return starts_[static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, line - count))];
  }

  // True once for each place: no two rules (and no two matches) may speak for the same line.
  bool take(std::size_t begin, std::size_t end) {
    const auto first = line_of(begin);
    const auto last = line_of(std::max(begin + 1, end) - 1);
    for (auto line = first; line <= last; ++line) {
      if (taken_[line]) return false;
    }
    std::fill(taken_.begin() + static_cast<std::ptrdiff_t>(first),
              taken_.begin() + static_cast<std::ptrdiff_t>(last) + 1, true);
    return true;
  }

  [[nodiscard]] std::string_view line(std::size_t at) const {
    const auto start = starts_[line_of(at)];
    return text().substr(start, std::min(end_of_line(start) - start, max_line_capture));
  }

 private:
  [[nodiscard]] std::size_t end_of_line(std::size_t at) const {
    return std::min(text_.find('\n', at), text_.size());
  }
  [[nodiscard]] std::size_t end_of_response(std::size_t at) const {
    auto end = end_of_line(at);
    while (end + 1 < text_.size() && (text_[end + 1] == '\t' || text_[end + 1] == ' '))
      end = end_of_line(end + 1);
    return end;
  }
  [[nodiscard]] std::size_t line_of(std::size_t at) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), at);
    return static_cast<std::size_t>(after - starts_.begin()) - 1;
  }

  std::string text_;
  Grams grams_;
  std::size_t work_ = max_work;
  std::vector<std::size_t> starts_;
  std::vector<bool> taken_;
  std::vector<std::pair<std::size_t, std::size_t>> responses_;
};

std::string without_prefixes(std::string_view text, Regex& prefix) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    const auto line = text.substr(0, end);
    prefix.refresh();
    const auto match = line.starts_with("go: ") ? std::nullopt : prefix.find(line, 0, 0);
    out.append(match ? line.substr(match->second) : line);
    text.remove_prefix(end);
  }
  return out;
}

// "go: downloading M V" in the same run: the bytes have just come from a source.
bool says_downloading(const Page& page, std::string_view module, std::string_view version) {
  const auto line = "go: downloading " + std::string(module) + ' ' + std::string(version) + '\n';
  return page.text().find(line) != std::string_view::npos;
}

Diagnosis describe(const Rule& rule, const Regex& regex, const Page& page, std::size_t at) {
  const auto group = [&](const char* name) { return std::string(regex.group(name, page.text())); };
  const bool lay_in_cache =
      rule.cached && !says_downloading(page, group("module"), group("version"));
  return {.failure = rule.failure,
          .class_id = rule.class_id,
          .rule = rule.name,
          .flags = rule.flags | regex.flags(),
          .remedy = lay_in_cache ? *rule.cached : rule.remedy,
          .may = rule.may,
          .advice = rule.advice,
          .module = group("module"),
          .version = group("version"),
          .package = group("package"),
          .path = group("path"),
          .symbol = group("symbol"),
          .source = group("source"),
          .host = group("host"),
          .expected = group("expected"),
          .got = group("got"),
          .line = std::string(page.line(at))};
}

bool known(const std::vector<Diagnosis>& results, Diagnosis next) {
  return std::any_of(results.begin(), results.end(), [&](const Diagnosis& old) {
    next.line = old.line;
    next.flags = old.flags;
    return old == next;
  });
}

// Looks only where the pattern's fixed text stands, and the match must begin at most a few lines
// above it.
void find_all(const Rule& rule, Pattern& pattern, Page& page, std::vector<Diagnosis>& results) {
  const auto text = page.text();
  if (!page.may_hold(pattern.fixed)) return;
  std::size_t behind = 0;  // the last match
  std::size_t seek = 0;
  while (results.size() < max_results) {
    const auto at = text.find(pattern.fixed, seek);
    if (at == text.npos) return;
    seek = at + std::max<std::size_t>(1, pattern.fixed.size());
    const auto from = std::max(behind, page.lines_above(at, pattern.lines_above));
    if (!page.afford(from, at)) return;
    auto& regex = pattern.compiled();
    const auto match = regex.find(text, from, at);
    if (!match) continue;
    behind = std::max(match->second, match->first + 1);
    seek = std::max(seek, behind);
    if (!pattern.reads_responses && page.is_in_response(match->first, match->second)) continue;
    if (!page.take(match->first, match->second)) continue;
    auto next = describe(rule, regex, page, match->first);
    if (!known(results, next)) results.push_back(std::move(next));
  }
}

bool needs_nothing(const Diagnosis& diagnosis) {
  return diagnosis.remedy == Remedy::none;
}

}  // namespace

std::string regex_error(const std::string& when) {
  try {
    Regex regex(when);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::vector<Diagnosis> diagnose(std::string_view text) {
  return diagnose(text, {});
}

std::vector<Diagnosis> diagnose(std::string_view text, const std::vector<Rule>& more) {
  static Engine engine;
  const std::lock_guard lock(engine.one_at_a_time);
  Page page(without_prefixes(clean_tail(text), *engine.prefix));
  std::vector<Diagnosis> results;
  for (std::size_t i = 0; i < engine.rules.size(); ++i) {
    const auto before = results.size();
    for (auto& pattern : engine.patterns[i]) {
      if (pattern.regex) pattern.regex->refresh();
      find_all(engine.rules[i], pattern, page, results);
    }
    if (engine.rules[i].alone && results.size() > before) return {results[before]};
  }
  for (const Rule& rule : more) {
    for (const std::string& when : rule.when) {
      Pattern pattern(when);
      find_all(rule, pattern, page, results);
    }
  }
  // Tried early, it keeps other rules off its lines; but it never stands before a fault.
  std::stable_partition(results.begin(), results.end(), std::not_fn(needs_nothing));
  return results;
}

std::string linked_pcre2() {
  std::array<char, 64> words{};  // "10.42 2022-12-11"
  pcre2_config(PCRE2_CONFIG_VERSION, words.data());
  const std::string version = words.data();
  return version.substr(0, version.find(' '));
}

}  // namespace patterns

#include "patterns/log.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include "patterns/literal.hpp"
#include "patterns/matcher.hpp"
#include "patterns/rule_file.hpp"
#include "patterns/tail.hpp"

namespace patterns {
namespace {

constexpr std::size_t reach = 16 * 1024;      // bytes that a line and its neighbours may span
constexpr std::size_t piece = 1024 * 1024;    // bytes that are searched at a time
constexpr std::size_t most_close = 32 << 20;  // bytes of a log that are looked at closely
constexpr std::size_t most_lines = 1 << 16;   // that are remembered
constexpr int lines_above = 3;
constexpr int lines_below = 9;

// Where one step of a job ends and the next begins.
constexpr std::array<std::string_view, 5> step_marks = {
    "##[group]Run ", "##[section]Starting: ", "section_start:", "[Pipeline] sh", "] RUN "};

// What a CI service adds when a step has failed: go's own last line counts.
constexpr std::array<std::string_view, 3> service_words = {
    "Process completed with exit code ", "ERROR: Job failed", "Bash exited with code "};

bool is_hands_off(const Rule& rule) {
  return family_of(rule.failure) == Family::other;
}

// The fixed texts, found by four of their bytes: a table of bits rules out nearly every place.
class Landmarks {
 public:
  explicit Landmarks(const std::vector<Rule>& more) {
    for (const Rule& rule : parse_rules(rule_files(), Examples::skip).rules) add(rule);
    for (const Rule& rule : more) add(rule);
    for (const std::string_view mark : step_marks) add(std::string(mark), true);
    for (auto& bucket : buckets_) bucket.shrink_to_fit();
  }

  enum class What { nothing, rule, step };

  // What begins (or lies) at the four bytes at `at`.
  What at(std::string_view text, std::size_t at) const {
    const std::uint32_t hash = hash_of(text.data() + at);
    if (!seen_[hash]) return What::nothing;
    for (const Mark& mark : buckets_[hash % buckets_.size()]) {
      if (mark.offset > at) continue;
      if (text.substr(at - mark.offset).starts_with(mark.text))
        return mark.is_step ? What::step : What::rule;
    }
    return What::nothing;
  }

 private:
  struct Mark {
    std::string text;
    std::size_t offset;  // of the four bytes
    bool is_step;
  };

  static std::uint32_t hash_of(const char* four) {
    std::uint32_t word = 0;
    std::memcpy(&word, four, sizeof word);
    return word * 2654435761U >> 14U;
  }

  // The four bytes that are rarest in a log: no small letters, no spaces.
  static std::size_t rarest(const std::string& text) {
    std::size_t best = 0;
    int most = -1;
    for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
      const int rare = static_cast<int>(std::count_if(
          text.begin() + static_cast<std::ptrdiff_t>(i),
          text.begin() + static_cast<std::ptrdiff_t>(i) + 4,
          [](char c) { return (c < 'a' || c > 'z') && c != ' ' && c != '/' && c != '.'; }));
      if (rare > most) best = i, most = rare;
    }
    return best;
  }

  void add(const Rule& rule) {
    if (is_hands_off(rule)) return;  // they keep others off lines that others would take
    for (const std::string& when : rule.when) add(required_literal(when), false);
  }

  void add(const std::string& text, bool is_step) {
    if (text.size() < 4) return;  // a test sees to it that no rule is so vague
    const std::size_t offset = rarest(text);
    const std::uint32_t hash = hash_of(text.data() + offset);
    seen_[hash] = true;
    auto& bucket = buckets_[hash % buckets_.size()];
    const bool is_known = std::any_of(bucket.begin(), bucket.end(),
                                      [&](const Mark& mark) { return mark.text == text; });
    if (!is_known) bucket.push_back({text, offset, is_step});
  }

  std::array<bool, 1U << 18U> seen_{};
  std::array<std::vector<Mark>, 1024> buckets_;
};

// Docker tells the end of a failed step once more: "> [build 3/5] RUN go build:".
bool is_summary(std::string_view before) {
  const auto bracket = before.rfind('[');
  return bracket != before.npos && bracket >= 2 && before.substr(bracket - 2, 2) == "> ";
}

std::string_view without_service_words(std::string_view text) {
  while (true) {
    const auto last = text.find_last_not_of(" \t\r\n");
    const auto newline = last == text.npos ? last : text.rfind('\n', last);
    if (newline == text.npos) return text;
    const std::string_view line = text.substr(newline);
    const bool is_service = std::any_of(service_words.begin(), service_words.end(),
                                        [&](auto words) { return line.find(words) != line.npos; });
    if (!is_service) return text;
    text = text.substr(0, newline + 1);
  }
}

bool tells_a_fault(const std::vector<Diagnosis>& all) {
  return !all.empty() && all.front().family() != Family::other;
}

}  // namespace

// To be searched is what lies in buffer_ from next_ on; before it, what may be a neighbour of what
// comes. chosen_ is what of the present step is worth a close look, whole_ all of it while it is
// short.
struct Log::Reader {
  explicit Reader(std::vector<Rule> more) : more_(std::move(more)), marks_(more_) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t size = std::min(bytes.size(), piece);
      buffer_.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      if (buffer_.size() >= next_ + piece) search(buffer_.size() - reach);
    }
  }

  std::vector<Diagnosis> diagnoses() {
    search(buffer_.size());
    choose(start_of_line(buffer_.size(), lines_above), buffer_.size());
    end_step();
    if (!pending_.empty()) judge(pending_);
    return tells_a_fault(newest_fault_) ? newest_fault_ : newest_;
  }

 private:
  // Searches up to `end`, and forgets what no neighbour can need any more.
  void search(std::size_t end) {
    const std::string_view text = buffer_;
    for (std::size_t at = next_; at + 4 <= std::min(text.size(), end + 3) && at < end; ++at) {
      const auto what = marks_.at(text, at);
      if (what == Landmarks::What::nothing) continue;
      if (what == Landmarks::What::step) {
        const std::size_t line = start_of_line(at, 0);
        if (is_summary(text.substr(line, at - line))) continue;
        take_whole(line);
        end_step();
      } else {
        const std::size_t begin = start_of_line(at, 0);
        const std::size_t line_end = end_of_line(at, 0);
        if (is_new(text.substr(begin, line_end - begin)))
          choose(start_of_line(at, lines_above), end_of_line(at, lines_below));
        at = line_end - 1;  // no second look at the same line
      }
    }
    take_whole(end);
    next_ = end;
    const std::size_t gone = next_ > reach ? next_ - reach : 0;
    buffer_.erase(0, gone);
    next_ -= gone;
    whole_until_ -= std::min(whole_until_, gone);
    chosen_until_ -= std::min(chosen_until_, gone);
  }

  std::size_t start_of_line(std::size_t at, int lines) const {
    const std::size_t floor = at > reach ? at - reach : 0;
    for (; at > floor; --at) {
      if (buffer_[at - 1] == '\n' && lines-- == 0) return at;
    }
    return floor;
  }

  std::size_t end_of_line(std::size_t at, int lines) const {
    const std::size_t ceiling = std::min(buffer_.size(), at + reach);
    for (; at < ceiling; ++at) {
      if (buffer_[at] == '\n' && lines-- == 0) return at + 1;
    }
    return ceiling;
  }

  // A line that differs from an earlier one of this step by its numbers alone (time stamps, counts)
  // is noise.
  bool is_new(std::string_view line) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : line.substr(0, max_line)) {
      const bool is_digit = c >= '0' && c <= '9';
      hash = (hash ^ static_cast<unsigned char>(is_digit ? '0' : c)) * 1099511628211U;
    }
    if (lines_.size() >= most_lines) return !lines_.contains(hash);
    return lines_.insert(hash).second;
  }

  void choose(std::size_t begin, std::size_t end) {
    if (begin > chosen_until_) chosen_ += "\n\n";  // there is something between
    begin = std::max(begin, chosen_until_);
    if (begin < end) chosen_.append(buffer_, begin, end - begin);
    chosen_until_ = std::max(chosen_until_, end);
    if (chosen_.size() <= max_tail - 2 * reach) return;
    take_whole(chosen_until_);
    look();
  }

  // One byte more than fits tells that it does not fit.
  void take_whole(std::size_t end) {
    if (end <= whole_until_) return;
    const std::size_t room = max_tail + 1 - whole_.size();
    whole_.append(buffer_, whole_until_, std::min(end - whole_until_, room));
    whole_until_ = end;
  }

  void end_step() {
    look();
    whole_.clear();
    lines_.clear();
    chosen_until_ = std::min(chosen_until_, whole_until_);  // its lines below are the next step's
  }

  // Once the allowance is spent only the newest is looked at, at the end.
  void look() {
    std::string text = whole_.size() <= max_tail ? whole_ : std::move(chosen_);
    chosen_.clear();
    if (text.empty()) return;
    looked_at_ += text.size();
    if (looked_at_ > most_close)
      pending_ = std::move(text);
    else
      judge(text);
  }

  void judge(std::string_view text) {
    auto all = diagnose(without_service_words(text), more_);
    if (all.empty()) return;
    newest_ = std::move(all);
    if (tells_a_fault(newest_)) newest_fault_ = newest_;
  }

  const std::vector<Rule> more_;
  const Landmarks marks_;
  std::string buffer_;
  std::size_t next_ = 0;
  std::string chosen_, whole_, pending_;
  std::size_t chosen_until_ = 0, whole_until_ = 0;
  std::unordered_set<std::uint64_t> lines_;
  std::size_t looked_at_ = 0;
  std::vector<Diagnosis> newest_, newest_fault_;
};

Log::Log(std::vector<Rule> more) : reader_(std::make_unique<Reader>(std::move(more))) {}
Log::~Log() = default;

void Log::feed(std::string_view bytes) {
  reader_->feed(bytes);
}

std::vector<Diagnosis> Log::diagnoses() {
  return reader_->diagnoses();
}

}  // namespace patterns

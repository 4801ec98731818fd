#include "shim/watch/go_test_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shim/watch/build_events.hpp"

namespace shim {
namespace {

constexpr std::string_view fail_tab = "FAIL\t";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "m/p" of "FAIL\tm/p [setup failed]"; "" if it is no such line.
std::string announced_package(std::string_view line) {
  if (!line.starts_with(fail_tab)) return "";
  line.remove_prefix(fail_tab.size());
  for (std::string_view how : {" [setup failed]", " [build failed]"}) {
    if (line.ends_with(how) && line.find('\t') == std::string_view::npos) {
      return std::string(line.substr(0, line.size() - how.size()));
    }
  }
  return "";
}

// "m/p" of "FAIL\tm/p\t0.003s" and "ok  \tm/p\t(cached)\tcoverage: …"
std::string package_of_result(std::string_view line) {
  line.remove_prefix(5);
  const std::size_t tab = line.find('\t');
  return tab == std::string_view::npos ? "" : std::string(line.substr(0, tab));
}

TestLine read_text(std::string_view line) {
  if (line == "FAIL") return {TestLine::final_fail, {}, {}, {}};
  if (line.starts_with("?   \t")) return {TestLine::no_tests, {}, {}, {}};
  const bool passed = line.starts_with("ok  \t");
  if (!passed && !line.starts_with(fail_tab)) return {};
  std::string package = package_of_result(line);
  if (package.empty()) return {};
  return {passed ? TestLine::passed : TestLine::failed, std::move(package), {}, {}};
}

std::string_view without_newline(std::string_view line) {
  return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

TestLine read_event(const BuildEvent& event) {
  if (event.action == "build-output")
    return {TestLine::build_output, event.import_path, event.output, {}};
  if (event.action == "build-fail") return {TestLine::build_fail, event.import_path, {}, {}};
  if (event.package.empty()) return {};
  if (event.action == "start") return {TestLine::start, event.package, {}, {}};
  const bool about_package = event.action == "output" && event.test.empty();
  if (about_package && announced_package(without_newline(event.output)) == event.package) {
    return {TestLine::announce, event.package, {}, {}};
  }
  const bool whole = event.action == "fail" && event.test.empty();
  return {whole ? TestLine::failed : TestLine::package_event, event.package, {}, {}};
}

// Of a line without its end as much is held, no more: go's own lines about results are far shorter.
constexpr std::size_t most_of_a_line = 4 << 10;
constexpr std::size_t most_of_an_event = 64
                                         << 10;  // test2json cuts output into 4 KiB, then escapes

constexpr std::array<std::string_view, 3> result_starts = {fail_tab, "ok  \t", "?   \t"};
constexpr std::array<std::string_view, 8> go_starts = {
    "# ", "go: ", "-> unzip ", "verifying ", "package ", "unzip ", "zip: ", "open "};

// Could this beginning of a line become one that we act on?
bool may_matter(std::string_view beginning, bool json) {
  if (json && beginning.starts_with('{')) return beginning.size() <= most_of_an_event;
  return beginning.size() <= most_of_a_line &&
         std::any_of(result_starts.begin(), result_starts.end(), [&](std::string_view start) {
           const std::size_t common = std::min(beginning.size(), start.size());
           return beginning.substr(0, common) == start.substr(0, common);
         });
}

bool starts_like_go(std::string_view line) {
  constexpr std::string_view firsts = "#g-vpuzo";  // most lines begin otherwise
  if (line.empty() || firsts.find(line.front()) == std::string_view::npos) return false;
  return std::any_of(go_starts.begin(), go_starts.end(),
                     [&](std::string_view start) { return line.starts_with(start); });
}

bool has_words_of_go(std::string_view text) {
  return has(text, ".go:") || has(text, "@v");
}

}  // namespace

TestLine read_test_line(std::string_view line, bool json, bool every_event) {
  line = without_newline(line);
  if (json && line.starts_with('{')) {
    const bool quick_look = has(line, "\"build-") || has(line, " failed]") ||
                            has(line, "\"fail\"") || has(line, "\"start\"");
    if (!quick_look && !every_event) return {};
    const auto event = parse_event(line);
    return event ? read_event(*event) : TestLine{};
  }
  if (std::string package = announced_package(line); !package.empty()) {
    return {TestLine::announce, std::move(package), {}, {}};
  }
  return read_text(line);
}

bool may_be_go_speaking(std::string_view line) {
  return starts_like_go(line) || has_words_of_go(line);
}

bool has_go_speaking(std::string_view text) {
  if (has_words_of_go(text)) return true;
  while (!text.empty()) {
    if (starts_like_go(text)) return true;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return false;
}

void TestLines::feed(std::string_view bytes) {
  pending_.erase(0, taken_);
  taken_ = 0;
  pending_.append(bytes);
  has_words_of_go_ = merged_ && has_words_of_go(pending_);
}

// Cheap, and never wrong when it says yes: a line that tells nothing, whatever follows it.
bool TestLines::tells_nothing(std::string_view line) const {
  const char first = line.front();
  if (first == 'F' || first == 'o' || first == '?' || first == '\t') return false;
  if (json_ && first == '{') return false;
  return !merged_ || !(starts_like_go(line) || (has_words_of_go_ && has_words_of_go(line)));
}

TestLine TestLines::take(std::size_t size, TestLine line) {
  line.bytes = pending_.substr(taken_, size);
  taken_ += size;
  return line;
}

// How much of what is there tells nothing: the rest of a line that has begun, lines, and a last
// piece of one.
std::size_t TestLines::telling_nothing(bool only_rest) {
  const std::string_view rest = std::string_view(pending_).substr(taken_);
  std::size_t size = 0;
  while (size < rest.size() && (mid_line_ || !only_rest)) {
    const std::string_view left = rest.substr(size);
    const std::string_view line = left.substr(0, left.find('\n'));
    const bool whole = line.size() < left.size();
    if (!mid_line_ && !line.empty()) {
      if (!tells_nothing(line)) break;
      if (!whole && may_matter(line, json_)) break;
    }
    mid_line_ = !whole;
    size += line.size() + (whole ? 1 : 0);
  }
  return size;
}

std::optional<TestLine> TestLines::next(bool every_event) {
  if (empty()) return std::nullopt;
  if (const std::size_t run = telling_nothing(every_event); run > 0)
    return take(run, {TestLine::plain, {}, {}, {}});
  const std::string_view rest = std::string_view(pending_).substr(taken_);
  const std::size_t end = rest.find('\n');
  const bool whole = end != std::string_view::npos;
  if (!whole && may_matter(rest, json_)) return std::nullopt;
  mid_line_ = !whole;
  if (!whole) return take(rest.size(), {TestLine::plain, {}, {}, {}});
  return take(end + 1, read_test_line(rest.substr(0, end), json_, every_event));
}

std::string TestLines::take_rest() {
  feed("");
  return std::exchange(pending_, {});
}

}  // namespace shim

#include "shim/test_lines.hpp"

#include <algorithm>
#include <utility>

#include "shim/build_events.hpp"

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

// Could this beginning of a line become one that we act on?
bool may_matter(std::string_view beginning, bool json) {
  if (json && beginning.starts_with('{')) return true;
  const std::size_t common = std::min(beginning.size(), fail_tab.size());
  return beginning.substr(0, common) == fail_tab.substr(0, common);
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

std::optional<TestLine> TestLines::next(bool every_event) {
  if (pending_.empty()) return std::nullopt;
  const std::size_t end = pending_.find('\n');
  const bool whole = end != std::string::npos;
  if (!whole && !mid_line_ && may_matter(pending_, json_)) return std::nullopt;
  std::string bytes = pending_.substr(0, whole ? end + 1 : end);
  pending_.erase(0, bytes.size());
  TestLine line = mid_line_ ? TestLine{} : read_test_line(bytes, json_, every_event);
  mid_line_ = !whole;
  line.bytes = std::move(bytes);
  return line;
}

std::string TestLines::take_rest() {
  return std::exchange(pending_, {});
}

}  // namespace shim

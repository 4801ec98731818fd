#include "shim/watch/go_test_output.hpp"

#include <utility>

namespace shim {
namespace {

constexpr std::size_t most_held = 4 << 20;  // of stdout; a longer one is passed on after all

bool has_coverage(std::string_view line) {
  return line.starts_with('\t') && line.find("\t\tcoverage: ") != line.npos;
}

// "?   \tm/p\t[no test files]", "\tm/p\t\tcoverage: 0.0% of statements": nothing ran, but it was
// said.
std::string second_field(std::string_view line) {
  const std::size_t tab = line.find('\t');
  const bool may_be = line.starts_with("?   \t") || has_coverage(line);
  if (tab == line.npos || !may_be) return {};
  const std::string_view rest = line.substr(tab + 1);
  return std::string(rest.substr(0, rest.find('\t')));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of('\n') == std::string_view::npos;
}

// Of an event that was not parsed. In what a test prints the quotes are escaped.
std::string package_of_event(std::string_view line) {
  constexpr std::string_view key = "\"Package\":\"";
  const std::size_t at = line.find(key);
  if (at == line.npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

void GoTestOutput::place(TestLine line) {
  const bool of_a_block = line.kind == TestLine::build_output && state_ == State::watching;
  if (!of_a_block) settle_block();
  if (of_a_block)
    block_.push_back(std::move(line));
  else
    pass_or_hold(std::move(line));
}

void GoTestOutput::settle_block() {
  for (TestLine& line : std::exchange(block_, {})) pass_or_hold(std::move(line));
}

void GoTestOutput::pass_or_hold(TestLine line) {
  if (state_ != State::holding) return pass_line(line);
  note(line);
  held_size_ += line.bytes.size();
  result_.held.push_back(std::move(line));
  if (held_size_ > most_held) let_go();
}

void GoTestOutput::let_go() {
  state_ = State::through;
  for (const TestLine& line : std::exchange(result_.held, {})) pass_line(line);
}

// A line that a test has written, or that tells how one has ended. With -json only what can't be
// of a test is parsed before anything is held.
bool GoTestOutput::is_of_a_test(const TestLine& line) const {
  const bool is_text = line.kind == TestLine::other || line.kind == TestLine::plain;
  if (is_text && json_) return line.bytes.starts_with('{');
  if (is_text) return !go_.merged() && !has_coverage(line.bytes) && !is_blank(line.bytes);
  return line.kind == TestLine::passed || line.kind == TestLine::package_event ||
         (line.kind == TestLine::failed && !json_);
}

void GoTestOutput::note(const TestLine& line) {
  if (is_of_a_test(line)) result_.has_results = true;
  if (json_ && is_of_a_test(line) && state_ != State::through)
    results_.add(line.package.empty() ? package_of_event(line.bytes) : line.package);
  if (line.kind == TestLine::announce) announced_.insert(line.package);
  const bool is_of_build =
      json_ && announced_.contains(line.package) && !results_.has(line.package);
  if (line.kind == TestLine::failed && !is_of_build) result_.has_failed_test = true;
  if (line.kind == TestLine::passed || line.kind == TestLine::failed)
    have_run_.insert(line.package);
  if (std::string package = line.package.empty() ? second_field(line.bytes) : line.package;
      !package.empty())
    result_.seen.insert(std::move(package));
}

void GoTestOutput::pass_line(const TestLine& line) {
  note(line);
  if (line.kind == TestLine::failed || line.kind == TestLine::announce) result_.has_failure = true;
  if (!is_harmless(line)) result_.stdout_used = true;
  pass_out(line.bytes);
}

// In the merged stream: lines that no test has written.
bool GoTestOutput::is_harmless(const TestLine& line) const {
  if (!go_.merged()) return false;
  if (line.kind == TestLine::other) return may_be_go_speaking(line.bytes) || line.bytes == "\n";
  return line.kind == TestLine::plain && is_blank(line.bytes);
}

void GoTestOutput::flush() {
  if (on_its_way_.empty()) return;
  go_.pass(go_.merged() ? Stream::err : Stream::out, on_its_way_);
  on_its_way_.clear();
}

}  // namespace shim

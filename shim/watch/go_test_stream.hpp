#pragma once
// The stdout of `go test`, cut into lines that tell what they are. Sources of truth:
// cmd/go/internal/test/test.go (runTestActor, printExitStatus) and cmd/test2json. Pieces of a line
// that can't be one of ours are given out at once: a test that prints dots is not delayed. Of a
// line that has no end yet a bounded part is held.
//
// Example: "FAIL\tm/p [setup failed]\n" is {announce, package "m/p"}.

#include <optional>
#include <string>
#include <string_view>

namespace shim {

struct TestLine {
  enum Kind {
    other,          // output of tests, "---", any event not named here
    plain,          // the same: a run of lines that tell nothing, or a piece of a line
    announce,       // a package whose test never started: [setup failed] or [build failed]
    build_output,   // -json: text of a package that can't be built or loaded
    build_fail,     // -json: its last event
    start,          // -json: first event of a package's test
    package_event,  // -json: any later event of a package
    passed,         // "ok  \tm/p\t0.003s": its test has run, or was cached
    failed,  // "FAIL\tm/p\t0.003s": its test has run; -json: the last event of a failed package,
             // whether it ran or not
    final_fail,  // "FAIL" alone: the last line of a failed run, or a line of a test
    no_tests,    // "?   \tm/p\t[no test files]"
  };
  Kind kind = other;
  std::string package;
  std::string output;  // of build_output
  std::string bytes;   // as it came, with its newline
};

class TestLines {
 public:
  // `merged`: the stream is stderr, too, and go's own words are to come out line by line.
  explicit TestLines(bool json, bool merged = false) : json_(json), merged_(merged) {}
  void feed(std::string_view bytes);
  // Absent: no whole line, and no piece that may go out already. `every_event`: each line by
  // itself, and events that the quick look says are of no interest are parsed, too.
  std::optional<TestLine> next(bool every_event = false);
  std::string take_rest();  // what is left at the end: no whole line
  bool empty() const { return taken_ == pending_.size(); }

 private:
  bool tells_nothing(std::string_view line) const;
  std::size_t telling_nothing(bool only_rest);
  TestLine take(std::size_t size, TestLine line);

  bool json_;
  bool merged_;
  bool mid_line_ = false;
  std::string pending_;
  std::size_t taken_ = 0;         // of `pending_`: given out already
  bool has_words_of_go_ = false;  // somewhere in it
};

// Could the line of a merged stream be go's own, about what it loads and builds? Tests print such
// lines, too; the disk decides what they are worth.
bool may_be_go_speaking(std::string_view line);
bool has_go_speaking(std::string_view text);  // one of its lines could be

// What the line is; `line` with or without its newline.
TestLine read_test_line(std::string_view line, bool json, bool every_event);

}  // namespace shim

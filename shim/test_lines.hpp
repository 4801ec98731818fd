#pragma once
// The stdout of `go test`, cut into lines that tell what they are. Sources of truth:
// cmd/go/internal/test/test.go (runTestActor, printExitStatus) and cmd/test2json. Pieces of a line
// that can't be one of ours are given out at once: a test that prints dots is not delayed.
//
// Example: "FAIL\tm/p [setup failed]\n" is {announce, package "m/p"}.

#include <optional>
#include <string>
#include <string_view>

namespace shim {

struct TestLine {
  enum Kind {
    other,          // output of tests, "ok", "---", any event not named here
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
  std::string bytes;   // the line as it came, with its newline (or a piece of it)
};

class TestLines {
 public:
  explicit TestLines(bool json) : json_(json) {}
  void feed(std::string_view bytes) { pending_.append(bytes); }
  // Absent: no whole line, and no piece that may go out already. `every_event`: parse events that
  // the quick look says are of no interest, too.
  std::optional<TestLine> next(bool every_event = false);
  std::string take_rest();  // what is left at the end: no whole line
  bool empty() const { return pending_.empty(); }

 private:
  bool json_;
  bool mid_line_ = false;
  std::string pending_;
};

// What the line is; `line` with or without its newline.
TestLine read_test_line(std::string_view line, bool json, bool every_event);

}  // namespace shim

#pragma once
// What `go test` says on stdout (or on both streams, where they are one), on its way to the user:
// passed on, held back, or passed on after all; and what it tells of packages and tests.

#include <set>
#include <string>
#include <vector>

#include "shim/process/watched.hpp"
#include "shim/watch/go_test_run.hpp"
#include "shim/watch/go_test_stream.hpp"
#include "shim/watch/never_started.hpp"

namespace shim {

class GoTestOutput {
 public:
  enum class State {
    watching,  // nothing found yet
    holding,   // something is broken, and packages were not built for it: stdout waits
    through,   // nothing more to decide
  };

  // `result` gets what is held, and what is learnt; it must outlive this.
  GoTestOutput(bool json, Watched& go, TestAttempt& result)
      : json_(json), go_(go), result_(result) {}

  State state() const { return state_; }
  void hold() { state_ = State::holding; }
  // Nothing is looked for any more, unless something is held already.
  void stop_watching() { state_ = state_ == State::watching ? State::through : state_; }

  void feed_results(std::string_view bytes) { results_.feed(bytes); }
  void place(TestLine line);
  // -json: the lines about one package that can't be built stay together, for the first of them ("#
  // P") tells nothing. They go on now.
  void settle_block();
  void pass_or_hold(TestLine line);
  // Too much to hold back: what could not be built is told, and not run afterwards.
  void let_go();
  // Lines go out together, when all that has come is placed, or before something else happens.
  void pass_out(const std::string& bytes) { on_its_way_ += bytes; }
  void flush();

  bool has_one_package() const { return have_run_.size() == 1; }  // that has run
  Results& results() { return results_; }

 private:
  bool is_of_a_test(const TestLine& line) const;
  void note(const TestLine& line);
  void pass_line(const TestLine& line);
  bool is_harmless(const TestLine& line) const;
  const bool json_;
  Watched& go_;
  TestAttempt& result_;
  State state_ = State::watching;
  std::vector<TestLine> block_;
  std::string on_its_way_;
  std::set<std::string> announced_;
  std::set<std::string> have_run_;
  Results results_;
  std::size_t held_size_ = 0;
};

}  // namespace shim

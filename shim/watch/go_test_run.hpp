#pragma once
// One run of `go test`, watched so that a damaged cache is noticed before go has started anything.
//
//   When go says something that recovery may mend, and has started nothing by the kernel's word, it
//   is stopped and the disk is looked at. Nothing broken: go on. Else go is killed: the whole
//   command is run again, one clean stream.
//   Once go has started something, tests may be running, and what is read may be theirs: go is left
//   alone. But when a package is announced that could not be built, and what was said before points
//   at something that is broken on the disk, stdout is held back from there on until go has ended:
//   only then is anything mended, and just the packages that never started are run
//   (go_test_merge.hpp).
//
// Neither look starts another go, and a go that succeeds is followed by nothing.

#include <set>
#include <string>
#include <vector>

#include "shim/invocation/session.hpp"
#include "shim/process/exit_status.hpp"
#include "shim/process/signals.hpp"
#include "shim/watch/go_test_stream.hpp"
#include "shim/watch/never_started.hpp"

namespace shim {

struct TestAttempt {
  bool is_killed = false;  // by us: it had started nothing; run all of it again
  ExitStatus status = ExitStatus::exited(0);
  long long started_ns = 0;
  std::string text;                        // what go said about packages it can't load or build
  std::string held_err;                    // stderr that the user has not seen yet
  std::vector<TestLine> held;              // stdout (or both, where they are merged) likewise
  std::vector<std::string> never_started;  // packages that what is held announces, and none else
  std::set<std::string> seen;              // packages of which stdout had a line
  Results results;                         // and those with a result anywhere in it
  bool stdout_used =
      false;  // something on stdout has been passed on that a second run would say otherwise
  bool is_childless = false;     // it is certain that go had started nothing
  bool is_merged = false;        // stdout and stderr were one
  bool has_results = false;      // a test has run
  bool has_failure = false;      // of what was passed on: a package has failed
  bool has_failed_test = false;  // and one that was not just not built
  bool lost_output = false;      // go itself would have met that error, and called the test failed
  bool user_code_begun = false;  // by the hook's word
  bool interrupted = false;
};

TestAttempt attempt_test(const Session& session, const Signals& signals);

}  // namespace shim

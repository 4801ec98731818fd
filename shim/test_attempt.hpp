#pragma once
// One run of `go test`, watched so that a damaged cache is noticed while nothing of the user's has
// been started: stop, look, decide.
//
//   When go says something that recovery may mend, go is stopped and the disk is looked at. Nothing
//   broken: go on. If no test can have been started, go and its helpers are killed: the whole
//   command is run again, one clean stream. Else go runs to its end while the cache is mended; the
//   words about packages that never started are taken out of its stdout (`hits`), and just those
//   are run afterwards (test_join.hpp).

#include <set>
#include <string>
#include <vector>

#include "recovery/recover.hpp"
#include "shim/exit_status.hpp"
#include "shim/session.hpp"
#include "shim/signals.hpp"

namespace shim {

struct TestAttempt {
  enum class End {
    finished,  // go has ended by itself; nothing was found broken on the way
    killed,    // nothing of the user's has run: run all of it again
    joined,    // mended on the way; `hits` have not run
  };
  End end = End::finished;
  ExitStatus status = ExitStatus::exited(0);
  long long started_ns = 0;
  std::string text;      // what go said about packages it can't load or build
  std::string held_err;  // stderr that the user has not seen yet
  std::vector<std::string> hits;
  std::set<std::string> seen;  // packages of which stdout had a line
  std::string dropped;         // what was taken out of stdout
  bool stdout_used =
      false;  // something on stdout has been passed on that a second run would say otherwise
  bool results_seen = false;  // a test has run
  bool nothing_started =
      false;  // it is certain that go had started nothing, whatever the stream looks like
  bool others_failed = false;    // a package failed that is not among the hits
  bool user_code_begun = false;  // by the hook's word
  bool interrupted = false;
  bool mended = false;
};

TestAttempt attempt_test(const Session& session, const Signals& signals);

}  // namespace shim

#pragma once
// One command of go's that failed, as the user typed it, and what go said: what every room from the
// settings up works from. Made once, by shim/invocation/session.cpp; never changed.

#include <string>
#include <vector>

namespace recovery {

// Whose words `Request::text` may be.
enum class Trust {
  // go's own: nothing of the user's can have written to that stream. A version that go names while
  // it looks for versions (get, mod tidy, install P@V) may then be fetched, a source that it says
  // is down may be asked again, advice may rest on it.
  gos_own_words,
  // Anybody's: results of tests were seen, a program or a tool may have run, a compiler has said
  // what a source makes it say. It is a hint where to look, nothing more: what is broken on the
  // disk, of modules that the build list or the command line holds, is mended (and fetched, where
  // the cache itself has no good copy). No source is asked on its word, no version that it alone
  // names is fetched, nothing is advised, nothing is noted.
  may_be_anybodys,
};

struct Request {
  std::string go;                 // absolute path of the real go
  std::vector<std::string> argv;  // the user's command, argv[0] included
  std::vector<std::string> env;   // the user's environment, NAME=VALUE
  std::string cwd;                // where the user typed it: absolute
  std::string dir;                // where the command works: absolute, -C applied
  std::string verb;               // "build", "mod download"
  std::string text;               // tail of what go wrote: stderr, and build-output events' text
  Trust trust = Trust::gos_own_words;  // of `text`
  long long started_ns = 0;            // when the first attempt began, CLOCK_REALTIME in ns
  bool advise_only = false;            // GOMEND=advise: say what would be done, do nothing
  bool may_set_env = false;  // the retry may have variables that the user's own code won't see
  // While an outage is waited out (shim/outage_wait.hpp): how often the same was asked before. A
  // source that is away is asked for one module then, another one each time.
  bool waits_out = false;
  int asked_before = 0;
};

}  // namespace recovery

#pragma once
// The disk's half of the way through the house, in one call each: from what go said (text) to a
// cache that is sound again. It knows nothing of processes, terminals or retries: whoever calls has
// run go, and decides what to do next.
//
//   look     inspects only: no lock, no fetch, no write. For `go test`, where go is stopped while
//   we look. recover  inspects, plans, stages, verifies, swaps, under go's own locks; says in words
//   what it did.
//
// Both may start `go env` quietly; only recover starts `go mod download` in a staging directory,
// and only after a finding on the disk (or a source's fault) calls for it. Throws std::exception
// for gomend's own failures: the caller then ends as go did.

#include <set>
#include <string>
#include <vector>

#include "recovery/module_version.hpp"

namespace recovery {

struct Request {
  std::string go;                 // absolute path of the real go
  std::vector<std::string> argv;  // the user's command, argv[0] included
  std::vector<std::string> env;   // the user's environment, NAME=VALUE
  std::string cwd;                // where the user typed it: absolute
  std::string dir;                // where the command works: absolute, -C applied
  std::string verb;               // "build", "mod download"
  std::string text;               // tail of what go wrote: stderr, and build-output events' text
  long long started_ns = 0;       // when the first attempt began, CLOCK_REALTIME in ns
  bool advise_only = false;       // GOMEND=advise: say what would be done, do nothing
  bool may_set_env = false;       // the retry may have variables that the user's own code won't see
};

struct Outcome {
  enum class Kind {
    nothing,  // not ours, or nothing found: end as go did, say nothing
    advice,   // only a person can mend it: say the words, end as go did
    mended,   // the disk has changed for the better: say the words, run again if no user code has
              // started
  };
  Kind kind = Kind::nothing;
  std::string class_id;            // what go's words were taken for; empty: nothing was recognised
  std::vector<std::string> words;  // without the "gomend: " in front; one line each
  std::vector<std::string>
      annotations;        // the same without private modules' names and passwords, for ::notice
  struct Item {           // the same, taken apart, for who wants data: `gomend verify --json`
    std::string subject;  // "example.com/a@v1.0.0"
    std::string what;     // "the cached zip is damaged (h1 does not match go.sum)"
    std::string done;     // "replaced"; what to type next, where nothing could be done
    bool is_mended = false;
  };
  std::vector<Item> items;
  bool damage_is_newer = false;        // mended: something broken had changed after `started_ns`
  std::vector<std::string> retry_env;  // NAME=VALUE, for the retry alone
};

// True if what `request.text` points to is broken on the disk and recover() would try to mend it.
bool look(const Request& request);

Outcome recover(const Request& request);

// For `gomend verify`: nothing has failed; these modules are looked at, everything of them. With
// advise_only it says what is broken, else it is mended as recover() would.
Outcome examine(const Request& request, const std::set<ModuleVersion>& modules);

// A stage of this process's work with a duration, for GOMEND_TRACE. Does nothing unless set_trace
// was called.
void set_trace(int fd);  // not owned
void trace(const std::string& step);

}  // namespace recovery

#pragma once
// What may follow an attempt: look at the disk, ask the network, advise, note, run go again, or
// nothing. Pure functions of values; tests/recovery/policy/acting_test.cpp has the table.
// Everything that decides such a thing asks here: shim/follow_up.cpp, shim/repair_and_retry.cpp,
// shim/watch/go_test_run.cpp, shim/watch/go_test_merge.cpp.
//
// The rules behind the table:
//   - A program, test or tool of the user's that may have started is never started again. What is
//     not known for certain may have started. Text proves nothing here: the kernel's word that go
//     has started nothing does, or the hook's, or that nothing of the user's belongs to the
//     command.
//   - The user's are: what go builds and runs (run, test, tool), and the programs that he names for
//     go to start on his packages: -exec, -toolexec, -vettool, -fixtool. Helpers that go starts for
//     its own work are not, whoever wrote them (CC, CXX, FC, PKG_CONFIG, git and its hooks,
//     GIT_SSH_COMMAND, GOAUTH, GOCACHEPROG): go itself starts them as often as it likes.
//   - Words that may be somebody else's than go's (a test's, a dependency's behind #line) are worth
//     a look at the disk, and the repair of what is damaged there, in modules of the build list.
//     They are no reason to ask a source, to advise, or to note anything.

namespace recovery::acting {

enum class Kind {
  works,     // go's own work: build, install, get, mod, work, `test -c`
  shows,     // the same, and prints text of others on stdout: doc, list
  vets,      // the same, and prints findings whose file names are others' text: vet
  rewrites,  // changes the user's sources behind loading: fix, vet -fix
  runs,      // runs what it has built: run, test
  tool,      // the same; what is told of it then comes from `go tool -n`, which runs nothing
  asks,      // a question about the cache: mod verify. It is answered
};

struct Command {
  Kind kind = Kind::works;
  bool has_users_tool = false;  // on the command line, in GOFLAGS, or in what `go env -w` wrote
  bool is_merged = false;       // stdout and stderr are one open file
  bool is_repeatable = true;    // all that it reads can be read again, and nothing has gone out
  bool advise_only = false;     // GOMEND=advise
};

enum class Ending {
  running,    // not ended: go test is stopped, and looked at
  succeeded,  // and its data names no error
  failed,
  by_others,  // a signal, Ctrl-C, the user's own program's status
};

enum class Hook {
  none,
  waits,  // nothing that go has built has been started
  begun,
};

struct Signs {
  Ending ending = Ending::failed;
  bool is_childless = false;  // by the kernel: go has started nothing at all
  bool has_heading = false;   // a line "# package": below it compilers, linker and vet are quoted
  Hook hook = Hook::none;
  bool has_results = false;      // a test's result, or anything but go's own words, has been seen
  bool may_be_at_fault = false;  // a program or test of the user's has failed, or nobody knows
  bool is_lacking = false;  // go, asked again with no source, says itself that it lacks modules
};

enum class Phase {
  loading,       // go has started nothing
  building,      // perhaps helpers of go's own; nothing of the user's
  may_have_run,  // something of the user's may have run, or nobody knows
};
Phase phase_of(const Command& command, const Signs& signs);

enum class Speaker { go, anyone };
Speaker speaker_of(const Command& command, const Signs& signs);

// What was mended, the weakest where there was more than one thing.
enum class Evidence {
  none,    // nothing
  absent,  // what the cache did not hold, or a source did not give; or somebody else was faster
  newer,   // damage on the disk that may have come after go was started
  older,   // damage on the disk, all of it there before go was started, by the files' own ctime
};
Evidence weaker(Evidence a, Evidence b);

// The damage's own time against the start of go (both CLOCK_REALTIME, ns; 0: not known). Older: by
// more than the file system's clock may lag behind.
Evidence evidence_of_damage(long long newest_change_ns, long long started_ns);

// May go be asked whether it lacks modules? Where its words alone would be no reason to fetch any.
bool may_ask_go(const Command& command, const Signs& signs);

struct Acts {
  bool look = false;
  bool ask_network = false;  // without damage on the disk; a damaged module is fetched all the same
  bool advise = false;
  bool note = false;  // advice for `gomend fix`; what was had from a source, in the journal
  bool run_again = false;
  bool run_rest = false;  // go test: the packages that never started
  bool say_it_works = false;
  bool operator==(const Acts&) const = default;
};
Acts what_may_follow(const Command& command, const Signs& signs, Evidence evidence);

}  // namespace recovery::acting

#pragma once
// What the command line asks for, and so in which of the four ways it is run (shim/README.md, "Four
// ways to run a command"). Pure: argv and the environment in, a value out; Go's env file is opened
// only for `run` and `test`. One table of all subcommands of Go 1.19 to 1.27; what is not in it is
// exec'd.
//
// Example: ["go", "-C", "sub", "test", "-json", "./..."] is {watch, test_stream, "test", -C "sub",
// json, packages [5]}.

#include <optional>
#include <string>
#include <vector>

namespace shim {

struct Command {
  enum class Way {
    exec,       // become the real go
    watch,      // its stderr goes through a pipe
    hook,       // as watch, and gomend's -exec hook gives the program the user's own descriptors
    ask_again,  // everything inherited; after a failure `go tool -n X` is asked
  };
  enum class Stdout {
    inherit,
    hold,         // data: held back until go ends, up to 1 MiB
    test_stream,  // of `go test`: line by line
  };
  Way way = Way::exec;
  Stdout out = Stdout::inherit;
  std::string verb;             // "mod download"; "" when there is none
  int flags_at = 1;             // index in argv behind the verb and its -C: where -exec goes in
  std::string dir;              // of -C, as given; "" for none
  bool json = false;            // build, install, test: package errors are events on stdout
  bool errors_as_data = false;  // `go list -e -json`: succeeds, and says in its data what failed
  bool never_again = false;  // it must not be run a second time: it reads what can't be read twice,
                             // or user code runs
  bool rewrites_sources = false;  // `go fix`, `go vet -fix`: run again only after load errors
  std::vector<int> packages;      // indices in argv of the package arguments
  int coverprofile_at = -1;       // `go test`: index of the word with -coverprofile's value
  bool joinable = true;  // `go test`: two runs on disjoint packages give what one run gives

  bool operator==(const Command&) const = default;
};

Command classify(const std::vector<std::string>& argv);

// True if `go test` passes on what a test prints while it runs (-v, of one package), and takes an
// error of its stdout for a failure of the test.
bool streams_one_test(const std::vector<std::string>& argv, const Command& command);

// True if go starts a program that the user names on his packages or their programs: -exec,
// -toolexec, -vettool or -fixtool, on the command line, in GOFLAGS, or in what `go env -w` wrote.
// Opens Go's env file: only after go has failed.
bool has_users_tool(const std::vector<std::string>& argv);

// True if the text of others stands in what the command prints: `go doc`, `go list -f` and -json.
bool shows_text_of_others(const std::vector<std::string>& argv);

// True if a word of the command names something that can be read only once (/dev/stdin,
// /proc/self/fd/3, a FIFO).
bool reads_unrepeatable(const std::vector<std::string>& argv);

}  // namespace shim

#pragma once
// What the command line asks for, and so in which of the four ways it is run (README, "Four ways to
// run a command"). Pure: argv and the environment in, a value out; Go's env file is opened only for
// `run` and `test`. One table of all subcommands of Go 1.19 to 1.26; what is not in it is exec'd.
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

// True if a word of the command names something that can be read only once (/dev/stdin,
// /proc/self/fd/3, a FIFO).
bool reads_unrepeatable(const std::vector<std::string>& argv);

}  // namespace shim

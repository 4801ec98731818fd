#pragma once
// The grammar of go's command lines, as far as it tells flags from their values, from package
// arguments and from what belongs to the user's program; and of GOFLAGS. The only place that knows
// which flags take a value, and where flags end. Sources of truth: cmd/go/internal/work/build.go
// (AddBuildFlags), test/testflag.go (testFlags), vet/vetflag.go, base/goflags.go,
// cmd/internal/quoted (Split), cmd/go/main.go (handleChdirFlag), each of Go 1.19 to 1.27.
//
// Example: ["-run", "X", "./a", "-v"] of `go test` is {run=X at 0, v at 3}, packages [2].

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recovery {

struct Flag {
  std::string name;   // without dashes and without "test."
  std::string value;  // "" when it has none
  int at = 0;         // index of the word that names it
  int value_at = -1;  // index of the word that holds the value: `at` for -name=value, -1 for none
  bool on() const { return value != "false" && value != "0"; }  // of a boolean flag
};

struct Words {
  std::vector<Flag> flags;
  std::vector<int>
      packages;  // indices of package arguments (for `run`: everything from the program on)
  bool has_args = false;  // `go test` only: words that go to the test binary follow
  const Flag* find(std::string_view name) const;  // the last one, as go takes it
  bool on(std::string_view name) const;
};

// `words` are what follows the verb and its -C, the first of them at index `first` of the command
// line.
Words parse_words(std::string_view verb, const std::vector<std::string>& words, int first);

struct CommandLine {
  std::string dir;   // of -C, as given; "" for none
  std::string verb;  // "mod download"; "" when there is none
  int flags_at = 1;  // index in argv behind the verb and its -C
};
CommandLine read_command_line(const std::vector<std::string>& argv);

// Of a whole command line, argv[0] included.
Words words_of(const std::vector<std::string>& argv);

// Splits as GOFLAGS and -exec are split: at white space, with '…' and "…" around whole words.
// Absent: unbalanced quotes.
std::optional<std::vector<std::string>> split_quoted(std::string_view text);

// The flags in GOFLAGS, each a word of its own. None where its quotes are unbalanced: go then does
// nothing at all.
std::vector<Flag> flags_in_goflags(std::string_view goflags);

// GOFLAGS of these words; absent when one of them can't be written there.
std::optional<std::string> as_goflags(const std::vector<std::string>& words);

// The word, quoted so that split_quoted gives it back; absent when it can't be (it holds both kinds
// of quotes).
std::optional<std::string> quote(std::string_view word);

}  // namespace recovery

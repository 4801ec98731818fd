// One parser of go's command line and of GOFLAGS (issue 15.22): which flags take a value, where
// flags end, what belongs to the user's program.

#include "recovery/go/go_flags.hpp"

#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::as_goflags;
using recovery::flag_value;
using recovery::split_quoted;

std::string value_of(const Args& argv, const std::string& goflags = "",
                     const std::string& name = "modfile") {
  recovery::Request request;
  request.argv = argv;
  request.verb = recovery::read_command_line(argv).verb;
  return flag_value(request, goflags, name);
}

}  // namespace

TEST_CASE("a flag of go's: as go takes it, the last one, and none of the program's", "[recovery]") {
  struct Row {
    Args argv;
    std::string value;
  };
  const Row rows[] = {
      {{"go", "build", "-modfile=x"}, "x"},
      {{"go", "build", "--modfile=x", "./..."}, "x"},
      {{"go", "build", "-modfile", "x"}, "x"},
      {{"go", "build", "-modfile=x", "--modfile", "y"}, "y"},
      {{"go", "build", "-v", "-tags", "a b", "-modfile=x"}, "x"},
      {{"go", "-C", "dir", "build", "-modfile=x"}, "x"},
      {{"go", "mod", "-C=dir", "tidy", "-modfile=x"}, "x"},
      {{"go", "list", "-f", "{{.Dir}}", "-modfile=x", "all"}, "x"},
      {{"go", "vet", "-c", "2", "-modfile=x"}, "x"},
      {{"go", "fix", "-c", "2", "-modfile=x"}, "x"},
      {{"go", "fix", "-fix", "all", "-modfile=x"}, "x"},
      {{"go", "vet", "-printf.funcs", "a,b", "-modfile=x"}, "x"},
      {{"go", "run", "-modfile=x", ".", "-modfile=y"}, "x"},
      {{"go", "test", "./p", "-modfile=x"}, "x"},
      {{"go", "test", "-run", "X", "./p", "-modfile", "x", "-args", "-modfile=y"}, "x"},
      // What is none of go's.
      {{"go", "run", ".", "-modfile=x"}, ""},
      {{"go", "run", ".", "--", "-modfile=x"}, ""},
      {{"go", "run", "a.go", "b.go", "-modfile", "x"}, ""},
      {{"go", "test", "./p", "-args", "-modfile=x"}, ""},
      {{"go", "test", "./p", "--", "-modfile=x"}, ""},
      {{"go", "test", "./p", "./q", "-args", "-modfile", "x"}, ""},
      {{"go", "build", "--", "-modfile=x"}, ""},
      {{"go", "build", "./...", "-modfile=x"}, ""},
      {{"go", "build", "-tags", "-modfile=x"}, ""},
      {{"go", "build", "-ldflags", "-modfile=x"}, ""},
      {{"go", "build", "-o", "-modfile=x", "."}, ""},
      {{"go", "test", "-run", "-modfile=x", "./p"}, ""},
      {{"go", "tool", "x", "-modfile=x"}, ""},
      {{"go", "build", "-modfilex=x"}, ""},
      {{"go", "build", "---modfile=x"}, ""},
      {{"go", "build", "-modfile"}, ""},
      {{"go"}, ""},
      {{}, ""},
  };
  for (const Row& row : rows) {
    std::string line;
    for (const std::string& word : row.argv) line += word + " ";
    INFO(line);
    CHECK(value_of(row.argv) == row.value);
  }
}

TEST_CASE("GOFLAGS is split as go splits it, and stands behind the command line", "[recovery]") {
  const Args build = {"go", "build"};
  CHECK(value_of(build, "'-modfile=/a b/alt.mod'") == "/a b/alt.mod");
  CHECK(value_of(build, "\"-modfile=/a b/it's\" -v") == "/a b/it's");
  CHECK(value_of(build, "-v\t--modfile=x\n-x") == "x");
  CHECK(value_of(build, "-modfile=x -modfile=y") == "y");
  CHECK(value_of({"go", "build", "-modfile=z"}, "-modfile=x") == "z");
  // A quote within a word is none; a word of its own is no value.
  CHECK(value_of(build, "-modfile='/a b'") == "'/a");
  CHECK(value_of(build, "-modfile x") == "");
  CHECK(value_of(build, "-exec -modfile=x") == "x");
  // go does nothing at all with such a one.
  CHECK(value_of(build, "-modfile=x '-v") == "");
  CHECK(value_of(build, "-modfile=x \"") == "");
  CHECK(value_of({"go", "run", ".", "-modfile=z"}, "-modfile=x") == "x");

  CHECK(split_quoted(" a\r'b c'\"d\" ") == Args{"a", "b c", "d"});
  CHECK(split_quoted("''") == Args{""});
  CHECK(!split_quoted("a 'b"));
  for (const Args& words : {Args{"-a", "-b=c d"}, Args{"-x=it's", "-y=\"z\""}, Args{"-q='a b"}})
    CHECK(split_quoted(as_goflags(words).value_or("?")) == words);
  CHECK(!as_goflags({"-x='a\" b"}));
}

TEST_CASE(
    "with a quoted -modfile in GOFLAGS a sound module is sound, and prune keeps what it names",
    "[e2e]") {
  Bed bed(gos().back());
  const std::string beta = "github.com/acme/beta/v2@v2.3.0";
  const fs::path alt = bed.tmp / "a b";
  write_file(alt / "alt.mod", read_file(bed.app / "go.mod"));
  write_file(alt / "alt.sum", read_file(bed.app / "go.sum"));
  // The go.sum that go does not look at has another hash.
  std::string sums = read_file(bed.app / "go.sum");
  const auto at = sums.find("github.com/acme/beta/v2 v2.3.0 h1:") + 34;
  sums[at] = sums[at] == 'A' ? 'B' : 'A';
  write_file(bed.app / "go.sum", sums);
  bed.env["GOFLAGS"] = "'-modfile=" + (alt / "alt.mod").string() + "'";
  REQUIRE(bed.go({"build", "./..."}).code() == 0);
  const Ran verify = bed.companion({"verify"});
  INFO(verify.text());
  CHECK(verify.code() == 0);
  bed.env["GOFLAGS"] += " -mod=mod";
  const Ran prune = bed.companion({"prune", "--dry-run", "."});
  INFO(prune.text());
  CHECK(prune.code() == 0);
  CHECK(prune.text().find(beta) == std::string::npos);
  const Ran doctor = bed.companion({"doctor"});
  INFO(doctor.text());
  CHECK(doctor.text().find("is no flag") == std::string::npos);
  CHECK(doctor.text().find("run: export GOFLAGS=") != std::string::npos);
}

}  // namespace tests

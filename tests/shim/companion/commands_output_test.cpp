// What a command of the companion prints is all there, or the command has failed (issue 15.19).

#include <sys/stat.h>

#include "shim/companion/table.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string full = " >/dev/full";

Ran gomend(const Bed& bed, const std::string& words, const std::string& redirection) {
  Env env = bed.env;
  env["GOMEND_REAL_GO"] = bed.toolchain.path.string();
  return run({"/bin/sh", "-c", std::string(gomend_binary) + " " + words + redirection},
             {.env = env, .cwd = bed.app});
}

void check_failed(const Ran& ran, const std::string& subject, const std::string& why) {
  INFO(ran.text());
  CHECK(ran.code() == 2);
  CHECK(ran.err.ends_with("gomend: " + subject + "can't write to stdout: " + why + "\n"));
}

}  // namespace

TEST_CASE("a command whose output can't be written fails (issue 15.19)", "[e2e]") {
  const Bed bed(gos().front());
  write_file(bed.app / "log", "verifying github.com/acme/alpha@v1.1.0: checksum mismatch\n");
  for (const std::string words : {"doctor",
                                  "doctor --json",
                                  "explain log",
                                  "explain --json log",
                                  "patterns list",
                                  "patterns list --json",
                                  "verify",
                                  "verify --json",
                                  "diff github.com/acme/alpha@v1.1.0",
                                  "cache-key",
                                  "cache-key --json",
                                  "history --json",
                                  "stats",
                                  "stats --json",

                                  "status",
                                  "status --json",
                                  "help",
                                  "help verify",
                                  "generate man",
                                  "generate bash",
                                  "generate json",
                                  "prune --dry-run .",
                                  "isolate --json",
                                  "install --dry-run"}) {
    INFO(words);
    REQUIRE(gomend(bed, words, " >out").out.empty());
    INFO(read_file(bed.app / "out"));
    CHECK(fs::file_size(bed.app / "out") > 0);  // it prints something
    const Ran ran = gomend(bed, words, full);
    check_failed(ran, words.substr(0, words.find(' ')) + ": ", "No space left on device");
  }
  for (const std::string words : {"--help", "--version", "-h"})
    check_failed(gomend(bed, words, full), "", "No space left on device");
  check_failed(gomend(bed, "verify --help", full), "verify: ", "No space left on device");
}

TEST_CASE("what a closed stdout would have got goes into no file (issue 15.19)", "[e2e]") {
  const Bed bed(gos().front());
  const Snapshot before = bed.modules();
  for (const std::string words : {"verify", "verify --json", "doctor", "status"})
    check_failed(gomend(bed, words, " >&-"), words.substr(0, words.find(' ')) + ": ",
                 "Bad file descriptor");
  CHECK(difference(before, bed.modules(), {.ignore = {}}) == "");
}

TEST_CASE("a reader of a command's output that leaves ends it quietly", "[e2e]") {
  const Bed bed(gos().front());
  const Ran ran = gomend(bed, "generate json", " | true");
  CHECK(ran.code() == 0);
  CHECK(ran.err.empty());
}

}  // namespace tests

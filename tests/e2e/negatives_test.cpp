// What is not go's module cache's fault, told by a go that prints it and exits 1: no second go is
// started (a quiet `go env` apart), nothing is written, and the words are go's own to the byte. The
// logs were caught in the wild: tests/logs/other/.

#include <sstream>

#include "recovery/os/text.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

struct Log {
  std::string name, text;
};

// The first line is the label.
std::vector<Log> negatives() {
  const fs::path root = fs::path(tests_dir) / "logs/other";
  std::vector<Log> logs;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".log") continue;
    const std::string text = read_file(entry.path());
    logs.push_back(
        {entry.path().lexically_relative(root).string(), text.substr(text.find('\n') + 1)});
  }
  return logs;
}

std::string calls_but_env(const fs::path& log) {
  std::string calls;
  std::istringstream lines(read_file(log));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("env ")) calls += line + "\n";
  }
  return calls;
}

std::string joined(const Args& args) {
  std::string text;
  for (const std::string& arg : args) text += (text.empty() ? "" : " ") + arg;
  return text;
}

void check_left_alone(const Bed& bed, const Args& args, const std::string& text) {
  const fs::path calls = bed.root / "calls";
  const fs::path words = bed.root / "words";
  remove_tree(calls);
  write_file(words, text);
  const Ran ran = bed.gomend(
      args,
      {.env = {{"GOMEND_REAL_GO", fake_go},
               {"FAKE_GO", "log " + calls.string() + "; env-by " + bed.toolchain.path.string() +
                               "; err-file " + words.string() + "; exit 1"}}});
  INFO(joined(args) << ": " << ran.text() << "\ncalls:\n" << read_file(calls));
  CHECK(ran.code() == 1);
  CHECK(ran.out == "");
  CHECK(ran.err == text);
  const std::string started = calls_but_env(calls);
  CHECK(started.find('\n') == started.size() - 1);
  CHECK(started.starts_with(args[0]));
  fs::remove(calls);
  fs::remove(words);
}

}  // namespace

TEST_CASE("what is the user's own fault starts no second go, and touches nothing", "[e2e]") {
  const Bed bed(gos().back());
  const Snapshot modules = bed.modules();
  const Snapshot builds = bed.builds();
  const Snapshot home = snapshot(bed.home);
  const Witness witness(bed);
  const auto logs = negatives();
  CHECK(logs.size() >= 40);
  for (const Log& log : logs) {
    INFO(log.name);
    for (const Args& args : {Args{"build", "./..."}, Args{"test", "./..."}, Args{"run", "."},
                             Args{"vet", "./..."}, Args{"test"}}) {
      check_left_alone(bed, args, log.text);
    }
  }
  const Compare inodes = {.inodes = true};
  CHECK(difference(modules, bed.modules(), inodes) == "");
  CHECK(difference(builds, bed.builds(), inodes) == "");
  CHECK(difference(home, snapshot(bed.home), inodes) == "");
  CHECK(snapshot(bed.tmp).size() == 1);
  CHECK(witness.changes() == "");
  CHECK(bed.proxy.log_text() == "");
}

TEST_CASE("a compile error, a failing test and a wrong flag of real go look as without gomend",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      write_file(bed.app / "bad/bad.go",
                 "package bad\n\nimport \"github.com/acme/alpha\"\n\n"
                 "var _ = alpha.Nothing() + alpha.Name(1)\n");
      write_file(bed.app / "red/red_test.go",
                 "package red\n\nimport \"testing\"\n\n"
                 "func TestRed(t *testing.T) { t.Fatal(\"zip: not a valid zip file\") }\n");
      const Snapshot modules = bed.modules();
      const Snapshot home = snapshot(bed.home);
      const Witness witness(bed);
      for (const Args& args :
           {Args{"build", "./bad"}, Args{"vet", "./bad"}, Args{"test", "-run", "Nothing", "./bad"},
            Args{"build", "-nonsense"}, Args{"build", "./nowhere"}, Args{"run", "./bad"}}) {
        const Ran plain = bed.go(args);
        const Ran ran = bed.gomend(args);
        INFO(joined(args) << ": " << plain.text() << "\ngomend: " << ran.text());
        CHECK(ran.code() == plain.code());
        CHECK(ran.out == plain.out);
        CHECK(ran.err == plain.err);
      }
      const Ran red = bed.gomend({"test", "./red"});
      CHECK(red.code() == 1);
      CHECK(red.err == "");
      CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
      CHECK(difference(home, snapshot(bed.home), {.inodes = true}) == "");
      CHECK(witness.changes() == "");
    }
  }
}

}  // namespace tests

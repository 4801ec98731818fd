// The build cache: one entry damaged at a time, the command typed once. Plain go comes first (is it
// stuck?), then gomend on that same cache: it must end as on a sound one, with that one entry gone
// (or made anew), and everything else as it was.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <sstream>

#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

const Args build_main = {"build", "-o", "/dev/null", "."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

void append(const fs::path& file, const std::string& text) {
  write_file(file, read_file(file) + text);
}

// The archive of a package, as go would link it.
fs::path archive(const Bed& bed, const std::string& package) {
  std::string path = bed.go({"list", "-export", "-f", "{{.Export}}", package}).out;
  while (path.ends_with("\n")) path.pop_back();
  return path;
}

// "v1 <action> <output> <size> <time>": where its bytes are.
fs::path output_of(const Bed& bed, const fs::path& action) {
  const std::string output = read_file(action).substr(68, 64);
  return bed.gocache / output.substr(0, 2) / (output + "-d");
}

fs::path index_object(const Bed& bed) {
  return output_of(bed, bed.index_entry(alpha));
}

// "xx/<output>-d/NAME": the program that `go run .` or `go tool hello` has left, and none of go's
// own tools that go builds when it first needs them.
fs::path program_left_by(const Bed& bed, const Args& command) {
  REQUIRE(bed.go(command).code() == 0);
  for (const auto& bucket : fs::directory_iterator(bed.gocache)) {
    if (!bucket.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(bucket)) {
      if (!entry.is_directory()) continue;
      const fs::path program = fs::directory_iterator(entry)->path();
      if (program.filename() == (command[0] == "run" ? "app" : command[1])) return program;
    }
  }
  return {};
}

struct Row {
  std::string name;
  std::function<fs::path(const Bed&)> where;
  std::string kind;
  Args command = {"build", "./..."};
  std::string touched = "pkg/report/report.go";  // compiled again: what it imports is read
  int since = 0;                                 // go 1.N
};

std::string relative(const Bed& bed, const fs::path& path) {
  return fs::relative(path, bed.gocache).string();
}

// Nothing else than the damaged entry is gone; of `go run`, the programs linked from it, too.
void check_lost(const Snapshot& before, const Snapshot& after, const std::string& damaged,
                const Args& command) {
  for (const auto& [path, entry] : before) {
    const bool is_program = command[0] == "run" && path.size() >= 69 && path[67] == '-' &&
                            path[68] == 'd' && (entry.kind == 'd' || path.size() > 69);
    if (after.contains(path) || path.starts_with(damaged) || is_program) continue;
    FAIL_CHECK("lost: " << path);
  }
}

void check_row(const Go& go, const Row& fault) {
  Bed bed(go, {.builds = Builds::warm, .tool = fault.command[0] == "tool"});
  if (const char* trace = std::getenv("GOMEND_TRACE")) bed.env["GOMEND_TRACE"] = trace;
  const fs::path where = fault.where(bed);
  if (!fault.touched.empty()) append(bed.app / fault.touched, "// touched\n");
  const Ran sound = bed.go(fault.command);
  if (!fault.touched.empty()) append(bed.app / fault.touched, "// touched again\n");
  const Snapshot modules = bed.modules();
  const Snapshot app = snapshot(bed.app);
  const Snapshot builds = bed.builds();
  damage(where, fault.kind);
  const Ran plain = bed.go(fault.command);
  const bool is_stuck =
      plain.code() != sound.code() && bed.go(fault.command).code() != sound.code();
  tally("table 3 (build cache)", go.version,
        is_stuck ? "fail for ever with plain go" : "plain go gets over");
  const Ran ran = bed.gomend(fault.command);
  INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(ran.code() == sound.code());
  CHECK(difference(modules, bed.modules(),
                   {.ignore = {"cache/gomend", "*.lock"}, .inodes = true}) == "");
  CHECK(difference(app, snapshot(bed.app), {.inodes = true}) == "");
  if (!is_stuck) return;
  if (ran.code() == sound.code()) tally("table 3 (build cache)", go.version, "succeed with gomend");
  CHECK(ran.out == sound.out);
  CHECK(contains(ran.err, "; retrying \"go "));
  const std::string rel = relative(bed, where);
  check_lost(builds, bed.builds(), rel, fault.command);
  // What go tells as a package without files, the module's own index, is mended with the module.
  if (contains(ran.err, "gomend: the build cache: "))
    CHECK(contains(read_file(bed.home / ".local/state/gomend/journal.jsonl"), rel.substr(0, 69)));
  else
    CHECK(contains(ran.err, "stale package index in the build cache"));
}

void run_rows(const std::vector<Row>& rows) {
  const char* only = std::getenv("GOMEND_TEST_ROW");
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Row& row = rows[n];
    if (only != nullptr && row.name.find(only) == std::string::npos) continue;
    for (const Go& go : gos_of_row(n, row.since)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        check_row(go, row);
      }
    }
  }
}

std::function<fs::path(const Bed&)> archive_of(const std::string& package) {
  return [=](const Bed& bed) { return archive(bed, package); };
}

}  // namespace

TEST_CASE("build cache: an archive with wrong bytes is compiled again", "[e2e]") {
  std::vector<Row> rows;
  for (const char* kind : {"garbage", "zerofill", "bitflip", "half", "dangling", "deleted"}) {
    rows.push_back({"alpha " + std::string(kind), archive_of("github.com/acme/alpha"), kind});
  }
  rows.push_back({"report garbage", archive_of("./pkg/report"), "garbage", build_main, "main.go"});
  rows.push_back({"os zerofill", archive_of("os"), "zerofill", build_main, "main.go", 20});
  rows.push_back(
      {"alpha garbage, vet", archive_of("github.com/acme/alpha"), "garbage", {"vet", "./..."}});
  rows.push_back(
      {"alpha garbage, run", archive_of("github.com/acme/alpha"), "garbage", {"run", "."}});
  rows.push_back({"alpha garbage, list -export",
                  archive_of("github.com/acme/alpha"),
                  "garbage",
                  {"list", "-export", "-f", "{{.Name}}", "./..."}});
  run_rows(rows);
}

TEST_CASE("build cache: a module index with wrong bytes is made again", "[e2e]") {
  std::vector<Row> rows;
  for (const char* kind :
       {"bitflip", "garbage", "zerofill", "dangling", "dir", "deleted", "half"}) {
    rows.push_back({"index object " + std::string(kind), index_object, kind});
  }
  for (const char* kind : {"dangling", "dir", "garbage", "half"}) {
    rows.push_back({"index entry " + std::string(kind),
                    [](const Bed& bed) { return bed.index_entry(alpha); }, kind});
  }
  rows.push_back({"index object zerofill, list", index_object, "zerofill", {"list", "./..."}});
  rows.push_back({"index object garbage, mod tidy", index_object, "garbage", {"mod", "tidy"}});
  run_rows(rows);
}

TEST_CASE("build cache: what stands where a bucket or a file of go's should be is moved aside",
          "[e2e]") {
  std::vector<Row> rows;
  const auto bucket = [](const Bed& bed) {
    return archive(bed, "github.com/acme/alpha").parent_path();
  };
  for (const char* kind : {"file", "dangling"}) {
    rows.push_back({"bucket " + std::string(kind), bucket, kind});
  }
  for (const char* kind : {"dir", "dangling"}) {
    rows.push_back({"trim.txt " + std::string(kind),
                    [](const Bed& bed) { return bed.gocache / "trim.txt"; }, kind, build_main});
  }
  run_rows(rows);
}

TEST_CASE("build cache: a program of go run or go tool that can't be run is linked again",
          "[e2e]") {
  std::vector<Row> rows;
  for (const Args& command : {Args{"run", "."}, Args{"tool", "hello"}}) {
    const auto program = [=](const Bed& bed) { return program_left_by(bed, command); };
    for (const char* kind : {"garbage", "zerofill", "half", "deleted"})
      rows.push_back({command[0] + " " + kind, program, kind, command, "", 24});
  }
  run_rows(rows);
}

namespace {

// An index whose bytes are what its name says, and nonsense: no hash tells, and go calls it
// corrupt.
void give_nonsense_for_an_index(const Bed& bed) {
  const std::string bytes =
      (bed.toolchain.minor <= 20 ? "go index v1\n" : "go index v2\n") + std::string(200, '\x7f');
  const std::string output = sha256(bytes);
  write_file(bed.gocache / output.substr(0, 2) / (output + "-d"), bytes);
  const fs::path entry = bed.index_entry(alpha);
  const std::string size = std::to_string(bytes.size());
  const std::string old = read_file(entry);
  write_file(entry, old.substr(0, 68) + output + " " + std::string(20 - size.size(), ' ') + size +
                        old.substr(153));
}

}  // namespace

TEST_CASE("a damaged module in front of a damaged archive: one retry is enough", "[e2e][sample]") {
  for (const Go& go : gos()) {
    Bed bed(go, {.builds = Builds::warm});
    append(bed.app / "pkg/report/report.go", "// touched\n");
    damage(archive(bed, "github.com/acme/alpha"), "garbage");
    const std::string beta = "github.com/acme/beta/v2@v2.3.0";
    damage(bed.zip(beta), "half");
    remove_tree(bed.tree(beta));
    const Ran plain = bed.go({"build", "./..."});
    CHECK(plain.code() != 0);
    CHECK_FALSE(contains(plain.text(), "alpha"));  // go does not get as far
    const Ran ran = bed.gomend({"build", "./..."});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(contains(ran.err, "gomend: the build cache: "));
  }
}

TEST_CASE("an index that can't be told from a good one: go runs again without any", "[e2e]") {
  for (const Go& go : gos()) {
    INFO(go.version);
    Bed bed(go, {.builds = Builds::warm});
    write_file(bed.app / "main.go",
               "package main\n\nimport (\n\t\"os\"\n\t\"strings\"\n\n"
               "\t\"example.com/app/pkg/report\"\n)\n\n"
               "func main() {\n\tos.Stdout.WriteString(report.All() + os.Getenv(\"GODEBUG\") + "
               "\"|\")\n"
               // Nothing of the hook's is left in the program: no variable, no socket.
               "\tfor _, v := range os.Environ() {\n\t\tif strings.HasPrefix(v, \"GOMEND_T\") "
               "{\n\t\t\tos.Stdout.WriteString(v)\n\t\t}\n\t}\n"
               "\tfds, _ := os.ReadDir(\"/proc/self/fd\")\n\tfor _, fd := range fds {\n"
               "\t\tif to, _ := os.Readlink(\"/proc/self/fd/\" + fd.Name()); "
               "strings.HasPrefix(to, \"socket:\") {\n\t\t\tos.Stdout.WriteString(to)\n"
               "\t\t}\n\t}\n\tos.Stdout.WriteString(\"\\n\")\n}\n");
    give_nonsense_for_an_index(bed);
    const Ran plain = bed.go({"run", "."});
    INFO("plain go: " << plain.text());
    REQUIRE(contains(plain.err, "corrupt index"));
    const std::string report(report_text.substr(0, report_text.size() - 1));
    const Ran ran = bed.gomend({"run", "."});
    INFO("gomend: " << ran.text());
    CHECK(ran.code() == 0);
    CHECK(ran.out == report + "|\n");
    const Ran with = bed.gomend({"run", "."}, {.env = {{"GODEBUG", "madvdontneed=1"}}});
    CHECK(with.out == report + "madvdontneed=1|\n");
    CHECK(bed.gomend({"build", "./..."}).code() == 0);
    // A test's environment is nobody's but the user's.
    const Ran test = bed.gomend({"test", "./..."});
    INFO("test: " << test.text());
    CHECK(test.code() == 1);
    CHECK(contains(test.err, "run: GODEBUG=goindex=0 go "));
  }
}

}  // namespace tests

// `gomend fix`: what advice becomes a command and what never does, and that it is carried out
// where, how and once as it was shown.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "recovery/advice/advised_command.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::command_of;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string beta = "github.com/acme/beta/v2@v2.3.0";

// A project without its go.sum, in which go has just failed.
struct Project {
  explicit Project(const Go& go) : bed(go), sums(read_file(bed.app / "go.sum")) {
    fs::remove(bed.app / "go.sum");
    const Ran ran = bed.gomend({"build", "./..."});
    INFO(ran.text());
    REQUIRE(ran.err.find("; run: go mod tidy\n") != std::string::npos);
  }

  [[nodiscard]] Ran fix(const Args& flags, const fs::path& cwd = "/") const {
    Args args = {"fix"};
    args.insert(args.end(), flags.begin(), flags.end());
    return bed.companion(args, {.cwd = cwd});
  }
  [[nodiscard]] fs::path note() const { return bed.home / ".local/state/gomend/advice.json"; }

  Bed bed;
  std::string sums;  // what go.sum was
};

std::string note_of(const Args& command, const std::string& dir) {
  return Json{{"time", "2026-01-01T00:00:00Z"},
              {"class", "gomod/other"},
              {"dir", dir},
              {"command", command},
              {"words", "x; run: y"}}
      .dump();
}

bool is_one_line(const std::string& text) {
  return std::ranges::count(text, '\n') == 1 && text.starts_with("gomend: fix: ");
}

}  // namespace

TEST_CASE("fix: the commands that advice gives are taken out of it word by word") {
  struct Row {
    std::string command;
    Args argv;
  };
  const Row rows[] = {
      {"go mod tidy", {"go", "mod", "tidy"}},
      {"go -C 'a b' mod tidy", {"go", "-C", "a b", "mod", "tidy"}},
      {"go -C 'it'\\''s' mod download", {"go", "-C", "it's", "mod", "download"}},
      {"go mod download " + alpha, {"go", "mod", "download", alpha}},
      {"go mod edit -require=a.b/c@v0.0.0-20200102030405-abcdefabcdef",
       {"go", "mod", "edit", "-require=a.b/c@v0.0.0-20200102030405-abcdefabcdef"}},
      {"go get a.b/c@v1.0.0", {"go", "get", "a.b/c@v1.0.0"}},
      {"go env -u GOTOOLCHAIN", {"go", "env", "-u", "GOTOOLCHAIN"}},
      {"gomend verify --repair", {"gomend", "verify", "--repair"}},
  };
  for (const Row& row : rows) {
    INFO(row.command);
    CHECK(command_of(row.command) == row.argv);
    CHECK(recovery::typed(row.argv) == row.command);
  }
}

TEST_CASE("fix: no other words become a command") {
  for (const std::string command :
       {"", "go", "go run .", "go build ./...", "go test", "go generate", "go mod",
        "go mod tidy -x", "go mod tidy; rm -rf /", "go mod tidy && x", "go mod tidy\nrm -rf /",
        "go mod tidy | sh", "go mod tidy $(x)", "go mod tidy `x`", "go mod tidy >x", "go 'mod tidy",
        "go mod  tidy x", "GOFLAGS=-mod=mod go mod tidy", "env -u GOSUMDB go build",
        "sudo go mod tidy", "go env -w GOSUMDB=off", "go env -w GOPRIVATE=a.b",
        "go env -u GOPRIVATE", "go -C mod tidy", "go -C /x", "go -C /x env -w GOFLAGS=-x",
        "go mod download",  // the last is
        "go mod download -x", "go mod download a.b/c", "go mod download a.b/c@latest",
        "go mod download ../x@v1.0.0", "go mod edit", "go mod edit go.mod",
        "go mod edit -require=-x@v1.0.0", "go mod edit -replace=a.b/c=../evil",
        "go mod edit -replace=a.b/c=/evil", "go mod edit -json", "go mod edit -module=x", "go get",
        "go get -x", "go get -toolexec=x a.b/c", "go get a.b/c@v1", "go get ./...",
        "go get a.b/c@v1.0.0 -exec=x", "go install a.b/c", "go install -toolexec=x a.b/c@latest",
        "go clean -modcache",
        // What takes something of the user's away, changes a version
        // or lets names out (issue 15.9).
        "go clean -cache", "go mod vendor", "go mod edit -dropreplace=a.b/c",
        "go mod edit -droprequire=a.b/c", "go mod edit -replace=a.b/d=a.b/c@v1.0.0",
        "go mod edit -go=1.21", "go work edit -dropuse=./x", "go get a.b/c@latest",
        "go get a.b/c@upgrade", "go install a.b/c@v1.0.0", "go env -u GOPROXY", "go env -u GOSUMDB",
        "go env -u GOFLAGS", "git checkout --ours -- go.mod", "git checkout -- go.mod",
        "git restore go.mod", "git reset --hard", "git clean -fd", "git stash", "go clean -cache /",
        "go tool x", "go vet", "rm -rf /", "git push", "git checkout --ours -- /etc/passwd",
        "git checkout --ours -- -x/go.mod", "git -C /x submodule update --init --recursive",
        "git -c x=y log", "git config --global url.x.insteadOf y", "gomend", "gomend evict a.b/c",
        "gomend restore", "gomend fix", "gomend go build", "ssh-add", "df -h /"}) {
    INFO(command);
    const bool is_one = command == "go mod download";
    CHECK(command_of(command).empty() != is_one);
  }
  CHECK(command_of("go mod tidy; run: go mod vendor").empty());
}

TEST_CASE("fix: the last advice is carried out where it was given, through gomend, and once",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Project project(go);
      const Bed& bed = project.bed;
      struct stat facts = {};
      REQUIRE(stat(project.note().c_str(), &facts) == 0);
      CHECK((facts.st_mode & 0777) == 0600);
      const Ran shown = project.fix({"--dry-run"});
      INFO(shown.text());
      CHECK(shown.code() == 0);
      CHECK(shown.err == "");
      CHECK(shown.out.find("in " + bed.app.string() + ": go mod tidy\n") != std::string::npos);
      CHECK(!fs::exists(bed.app / "go.sum"));
      // What go then meets is mended as ever.
      remove_tree(bed.tree(beta));
      damage(bed.zip(beta), "half");
      const Ran ran = project.fix({"--yes"});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(ran.err.find(beta + ": cached zip is corrupt") != std::string::npos);
      CHECK(fs::exists(bed.app / "go.sum"));
      CHECK(!fs::exists(project.note()));
      CHECK(bed.go({"build", "./..."}).code() == 0);
      const Ran again = project.fix({"--yes"});
      INFO(again.text());
      CHECK(again.code() == 1);
      CHECK(is_one_line(again.err));
    }
  }
}

TEST_CASE("fix: nothing runs unasked; the answer decides", "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  const Ran nobody = project.fix({});
  INFO(nobody.text());
  CHECK(nobody.code() == 2);
  CHECK(nobody.err.find("no terminal to ask on") != std::string::npos);
  for (const char* no : {"n\n", "\n", "yesterday\n"}) {
    const Ran ran = run_pty({gomend_binary, "fix"}, {.env = bed.env, .cwd = "/", .input = no});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(ran.out.find("Run it? [y/N]") != std::string::npos);
    CHECK(!fs::exists(bed.app / "go.sum"));
    CHECK(fs::exists(project.note()));
  }
  RunOptions options{.env = bed.env, .cwd = "/", .input = "y\n"};
  options.env["GOMEND_REAL_GO"] = bed.toolchain.path;
  const Ran ran = run_pty({gomend_binary, "fix"}, options);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(fs::exists(bed.app / "go.sum"));
}

TEST_CASE("fix: the exit status is the command's, and its stdout is no part of the object",
          "[e2e]") {
  Project project(gos().back());
  write_file(project.note(), note_of({"go", "env", "GOPROXY"}, project.bed.app));
  Ran ran = project.fix({"--yes", "--json"});
  INFO(ran.text());
  Json object = json_of(ran);
  CHECK(object["status"] == 0);
  CHECK(object["command"][1] == "env");
  CHECK(ran.err.find(project.bed.proxy.url() + "\n") != std::string::npos);
  for (const Args& flags : {Args{"--yes"}, Args{"--yes", "--json"}}) {
    write_file(project.note(),
               note_of({"go", "mod", "download", "github.com/acme/no@v1.0.0"}, project.bed.app));
    ran = project.fix(flags);
    INFO(ran.text());
    CHECK(ran.code() == 1);
  }
  CHECK(json_of(ran)["status"] == 1);
}

TEST_CASE("fix: a note that is torn, hostile or not ours alone gets one line, and nothing runs",
          "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  const fs::path note = project.note();
  const std::string witness = (bed.tmp / "witness").string();
  const std::string good = read_file(note);
  const auto refused = [&](const std::string& what) {
    const Ran ran = project.fix({"--yes"});
    INFO(what << "\n" << ran.text());
    CHECK(ran.code() == 2);
    CHECK(is_one_line(ran.err));
    CHECK(ran.out == "");
    CHECK(!fs::exists(witness));
    CHECK(!fs::exists(bed.app / "go.sum"));
  };
  for (const std::string& text :
       {std::string(),
        std::string("{"),
        good.substr(0, good.size() / 2),
        std::string("[]"),
        std::string("null"),
        std::string("{}"),
        std::string(100000, ' ') + good,
        std::string(1000, '['),
        std::string("\0\x01\xff", 3),
        note_of({}, bed.app),
        note_of({"touch", witness}, bed.app),
        note_of({"/bin/sh", "-c", "touch " + witness}, bed.app),
        note_of({"go", "run", "."}, bed.app),
        note_of({"go", "mod", "tidy", "-x"}, bed.app),
        note_of({"go", "mod", "tidy\n"}, bed.app),
        note_of({"go", "mod", "tidy"}, "relative"),
        note_of({"go", "mod", "tidy"}, ""),
        note_of({"go", "mod", "tidy"}, "/proc/nosuch/directory"),
        note_of({"go", "-C", "a\nb", "mod", "tidy"}, bed.app),
        std::string(R"({"time":1,"class":[],"dir":{},"command":"go mod tidy","words":null})")}) {
    write_file(note, text);
    refused(text.substr(0, 200));
  }
  write_file(note, good);
  fs::permissions(note, fs::perms{0666});
  refused("others may write the note");
  fs::permissions(note, fs::perms{0600});
  fs::permissions(note.parent_path(), fs::perms{0777});
  refused("others may write in the directory");
  fs::permissions(note.parent_path(), fs::perms{0700});
  fs::rename(note, bed.tmp / "elsewhere");
  fs::create_symlink(bed.tmp / "elsewhere", note);
  refused("a link");
  fs::remove(note);
  fs::create_directory(note);
  refused("a directory");
  fs::remove(note);
  REQUIRE(mkfifo(note.c_str(), 0600) == 0);
  refused("a FIFO");
  fs::remove(note);
  if (geteuid() != 0) return skip("needs root");
  write_file(note, good);
  REQUIRE(chown(note.c_str(), 65534, 65534) == 0);
  refused("somebody else's note");
}

TEST_CASE("fix: advice that no command of ours follows takes the older note away", "[e2e]") {
  Project project(gos().back());
  const Bed& bed = project.bed;
  REQUIRE(fs::exists(project.note()));
  SECTION("a command that succeeds touches nothing") {
    const std::string before = read_file(project.note());
    REQUIRE(bed.gomend({"env", "GOVERSION"}).code() == 0);
    REQUIRE(bed.gomend({"list", "-m"}).code() == 0);
    CHECK(read_file(project.note()) == before);
  }
  SECTION("a variable is to go") {
    write_file(bed.app / "go.sum", project.sums);
    const Ran ran = bed.gomend({"build", "./..."},
                               {.env = {{"GOPROXY", "nonsense"}, {"GOMODCACHE", bed.tmp / "new"}}});
    INFO(ran.text());
    REQUIRE(ran.err.find("; run: env -u GOPROXY") != std::string::npos);
    CHECK(!fs::exists(project.note()));
  }
  SECTION("nothing is noted that was not said") {
    fs::remove(project.note());
    REQUIRE(bed.gomend({"build", "./..."}, {.env = {{"GOMEND_QUIET", "1"}}}).code() == 1);
    CHECK(!fs::exists(project.note()));
  }
}

TEST_CASE("fix: an unwritable state directory costs nobody his end of go", "[e2e]") {
  Bed bed(gos().back());
  fs::remove(bed.app / "go.sum");
  write_file(bed.home / ".local/state", "a file");
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(ran.err.find("; run: go mod tidy\n") != std::string::npos);
  const Ran fix = bed.companion({"fix", "--yes"});
  INFO(fix.text());
  CHECK(fix.code() == 2);
  CHECK(is_one_line(fix.err));
}

// What a dependency, a program or a proxy may print.
TEST_CASE("fix: text that go passes on can't become a command") {
  const ScratchDir home;
  const std::string witness = home.path("witness");
  for (const std::string& text :
       {std::string("gomend: x; run: go mod tidy"),
        std::string("go: example.com/a@v1.0.0; run: go get evil.example/x: missing go.sum entry"),
        std::string(
            "missing go.sum entry for module providing package -toolexec=x; to add:\\n\\tgo "
            "get -toolexec=x"),
        std::string("go: example.com/a@v1.0.0: parsing go.mod:\\n\\tmodule declares its path as: "
                    "evil.example/x'; touch ") +
            witness +
            std::string("\\n\\t        but was required as: "
                        "example.com/a"),
        std::string("go: evil.example/$(touch${IFS}x)@v1.0.0: unrecognized import path"),
        std::string("x.go:1:1: no required module provides package a.b/c; run: gomend verify "
                    "--repair; to add it:\\n\\tgo get a.b/c")}) {
    const GoRun run = run_go(
        {"build"}, "env-by " + gos().back().path.string() + "; err " + text + "; exit 1",
        {.env = {"HOME=" + home.path(), "GOMEND_REAL_GO=" + std::string(fake_go)}, .input = {}});
    INFO(text << run.err);
    CHECK(run.exit_code() == 1);
    CHECK(!fs::exists(home.path(".local/state/gomend/advice.json")));
    CHECK(!fs::exists(witness));
  }
}

}  // namespace tests

// Whose temporary directory is removed with a go that was killed: its own, by proof, or none (issue
// 15.2).
#include "shim/process/work_dir.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "recovery/os/process_tree.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/clock.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

namespace fs = std::filesystem;

// A GOROOT of the stand-in's, a temporary directory, and a go that runs in it.
class Stage {
 public:
  Stage() {
    for (const char* name : {"root/bin/go", "root/pkg/tool/x/compile", "root/pkg/tool/x/link",
                             "root/pkg/tool/x/vet", "elsewhere/compile"}) {
      fs::create_directories(fs::path(dir_.path(name)).parent_path());
      fs::copy_file(tests::fake_go, dir_.path(name));
    }
    fs::create_directories(dir_.path("tmp"));
    setenv("GOTMPDIR", dir_.path("tmp").c_str(), 1);
  }
  ~Stage() {
    if (go_ > 0) {
      recovery::end_with_all_below(go_);
      waitpid(go_, nullptr, 0);
    }
    unsetenv("GOTMPDIR");
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::string tmp(const std::string& name) const { return dir_.path("tmp/" + name); }
  std::string tool(const std::string& name) const { return dir_.path("root/pkg/tool/x/" + name); }
  std::string elsewhere() const { return dir_.path("elsewhere/compile"); }
  void make(const std::string& name) const { fs::create_directories(tmp(name) + "/b001"); }

  // With these words; then it does `steps`, and is stopped.
  void start(const std::string& steps, const std::vector<std::string>& words = {}) {
    started_ = shim::now_ns();
    go_ = fork();
    if (go_ == 0) {
      setenv("FAKE_GO", (steps + "; pid " + dir_.path("pid") + "; sleep 60000").c_str(), 1);
      std::vector<std::string> all = words;
      all.insert(all.begin(), "go");
      execv(dir_.path("root/bin/go").c_str(), shim::as_array(all).data());
      _exit(127);
    }
    REQUIRE(wait_until(file_exists, dir_.path("pid")));
    usleep(300000);  // until its tools run
    kill(go_, SIGSTOP);
    waitpid(go_, nullptr, WUNTRACED);
  }
  std::string found() const {
    const auto dir = shim::work_dir_of(go_, started_);
    return dir ? dir->parent + "/" + dir->name : "";
  }
  void remove_found() const {
    const auto dir = shim::work_dir_of(go_, started_);
    if (dir) shim::remove_work_dir(*dir);
  }

 private:
  ScratchDir dir_;
  pid_t go_ = 0;
  long long started_ = 0;
};

constexpr useconds_t a_while = 50000;

}  // namespace

TEST_CASE("a go's temporary directory is the one that its compiler writes to (issue 15.2)") {
  struct statx facts = {};
  const bool has_birth_times =
      statx(AT_FDCWD, "/tmp", 0, STATX_BTIME, &facts) == 0 && (facts.stx_mask & STATX_BTIME) != 0;
  if (!has_birth_times) return tests::skip("needs times of birth (statx) in /tmp");
  for (const char* name : {"compile", "link"}) {
    Stage stage;
    const std::string dir = stage.tmp("go-build111");
    // Made by that go, after its start.
    stage.start("sleep 100; start " + stage.tool(name) + " -o " + dir + "/b001/_pkg_.a -p " +
                stage.tmp("go-build222") + "/b001/");
    CHECK(stage.found().empty());  // there is none yet
    stage.make("go-build111");
    stage.make("go-build222");
    CHECK(stage.found() == dir);
    stage.remove_found();
    CHECK_FALSE(fs::exists(dir));
    CHECK(fs::exists(stage.tmp("go-build222")));
  }
}

TEST_CASE("what only stands in a go's memory is another's temporary directory (issue 15.2)") {
  Stage stage;
  const std::string dir = stage.tmp("go-build111");
  setenv("KNOWN", (dir + "/b001/exe/x").c_str(), 1);
  stage.start("err " + dir, {"test", dir + "/b001/", "-o", dir + "/b001/x"});
  unsetenv("KNOWN");
  stage.make("go-build111");
  CHECK(stage.found().empty());
}

TEST_CASE("when in doubt a temporary directory is left (issue 15.2)") {
  SECTION("it is older than go, though it changes all the time") {
    Stage stage;
    stage.make("go-build111");
    usleep(a_while);
    stage.start("start " + stage.tool("compile") + " -o " + stage.tmp("go-build111") + "/b001/x");
    stage.make("go-build111/b002");
    CHECK(stage.found().empty());
  }
  SECTION("who writes there is no tool of go's") {
    Stage stage;
    stage.start("start " + stage.elsewhere() + " -o " + stage.tmp("go-build111") +
                "/b001/x; start " + stage.tool("vet") + " -o " + stage.tmp("go-build111") +
                "/b001/x");
    stage.make("go-build111");
    CHECK(stage.found().empty());
  }
  SECTION("two tools name two") {
    Stage stage;
    stage.start("start " + stage.tool("compile") + " -o " + stage.tmp("go-build111") +
                "/b001/x; start " + stage.tool("link") + " -o " + stage.tmp("go-build222") +
                "/b001/x");
    stage.make("go-build111");
    stage.make("go-build222");
    CHECK(stage.found().empty());
  }
  SECTION("what is named is no such directory") {
    for (const char* name : {"go-build111x", "go-build", "other", "sub/go-build111"}) {
      Stage stage;
      stage.start("start " + stage.tool("compile") + " -o " + stage.tmp(name) + "/b001/x");
      stage.make(name);
      CHECK(stage.found().empty());
    }
  }
  SECTION("a link stands in its place") {
    Stage stage;
    stage.start("start " + stage.tool("compile") + " -o " + stage.tmp("go-build111") + "/b001/x");
    stage.make("go-build222");
    fs::create_symlink(stage.tmp("go-build222"), stage.tmp("go-build111"));
    CHECK(stage.found().empty());
  }
}

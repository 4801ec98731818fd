// How gomend's own process may not get into the way of the end that go had (issue 15, C): limits,
// readers that leave, and calls that fail.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bed/machine.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

void limit(decltype(RLIMIT_FSIZE) what, rlim_t most) {
  const rlimit both = {most, most};
  setrlimit(what, &both);
}

void allow_four_descriptors() {
  signal(SIGCHLD, SIG_IGN);
  limit(RLIMIT_NOFILE, 4);
}
void allow_eight_kibi() {
  limit(RLIMIT_FSIZE, 8 << 10);
}
void allow_eight_kibi_and_ignore_it() {
  signal(SIGXFSZ, SIG_IGN);
  allow_eight_kibi();
}

int end_of(int pid) {
  int raw = 0;
  waitpid(pid, &raw, 0);
  return raw;
}

}  // namespace

TEST_CASE("a signalfd that can't be had leaves signals as they came, and go runs (issue 15.14)") {
#ifdef __SANITIZE_ADDRESS__
  return tests::skip("the sanitizer's own descriptors do not fit into four");
#endif
  const GoRun run =
      run_go({"build"}, "signals", {.env = {}, .input = {}, .before_exec = allow_four_descriptors});
  CHECK(run.exit_code() == 0);
  CHECK(run.out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000010000\n");  // SIGCHLD alone
}

TEST_CASE(
    "a reader of stdout that leaves takes nothing from stderr of who lives on (issue 15.15)") {
  const ScratchDir dir;
  const int err = open(dir.path("err").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int out[2];
  REQUIRE(pipe2(out, O_CLOEXEC) == 0);
  const int pid =
      start_go({"test", "./..."}, "leave ignore 13, sleep 300, order 8", {}, null, out[1], err);
  close(out[1]);
  CHECK(end_of(pid) == 0);
  close(out[0]);  // as `head -1` does
  for (int i = 0; i < 200 && dir.lines_of("err") < 8; ++i) usleep(50000);
  CHECK(dir.lines_of("err") == 8);
  close(err);
  close(null);
}

TEST_CASE("a reader of stdout that leaves ends who writes to it by SIGPIPE, later, too") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int out[2];
  REQUIRE(pipe2(out, O_CLOEXEC) == 0);
  const std::string steps = "leave pid " + dir.path("pid") + ", sleep 300, out x, sleep 60000";
  const int pid = start_go({"test", "./..."}, steps, {}, null, out[1], null);
  close(out[1]);
  CHECK(end_of(pid) == 0);
  close(out[0]);
  REQUIRE(wait_until(file_exists, dir.path("pid")));
  CHECK(wait_until(process_gone, std::to_string(std::stoi(dir.text_of("pid")))));
  close(null);
}

TEST_CASE("a limit on file sizes costs the rest of the output, as with go itself (issue 15.16)") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const char* verb : {"list", "test", "build"}) {
    INFO(verb);
    const int file = open(dir.path("out").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    for (const char* end : {"0", "1"}) {
      // go ignores the signal, and so does the stand-in.
      const int pid =
          start_go({verb, "-deps", "./..."}, "ignore 25; big 30000; exit " + std::string(end),
                   {.env = {}, .input = {}, .before_exec = allow_eight_kibi}, null, file, null);
      const int raw = end_of(pid);
      CHECK(WIFEXITED(raw));
      CHECK(WEXITSTATUS(raw) == end[0] - '0');
    }
    CHECK(dir.text_of("out") == std::string(8 << 10, 'b'));
    close(file);
  }
  close(null);
}

TEST_CASE(
    "go test -v whose output is lost ends as go, which would have met the error (issue 15.19)") {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  struct Row {
    std::vector<std::string> arguments;
    int code;
  };
  for (const Row& row : {Row{{"test", "-v", "./p"}, 1}, Row{{"test", "./p"}, 0},
                         Row{{"test", "-v", "-json", "./p"}, 0}, Row{{"list", "-deps", "."}, 0}}) {
    const int pid = start_go(row.arguments, "out ok  \tm/p\t0.1s", {}, null, full, null);
    CHECK(WEXITSTATUS(end_of(pid)) == row.code);
  }
  close(full);
  close(null);
}

TEST_CASE("go finds SIGXFSZ as it came (issue 15.16)") {
  for (const auto before_exec : {allow_eight_kibi, allow_eight_kibi_and_ignore_it}) {
    const GoRun run =
        run_go({"list"}, "signals", {.env = {}, .input = {}, .before_exec = before_exec});
    const bool ignored = before_exec == allow_eight_kibi_and_ignore_it;
    CHECK(run.out == "SigBlk:\t0000000000000000\nSigIgn:\t000000000" +
                         std::string(ignored ? "1" : "0") + "000000\n");
  }
}

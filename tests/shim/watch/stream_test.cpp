// Commands whose stdout is data, and much of it: whole, bounded in memory, and ended as plain go
// would be when the reader leaves or somebody asks it to end.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

constexpr long long mebi = 1 << 20;

struct Running {
  int pid = 0;
  int in = -1;  // our ends
  int out = -1;
};

Running start_list(const std::string& script, bool socket = false) {
  int in[2];
  int out[2];
  REQUIRE(pipe2(in, O_CLOEXEC) == 0);
  REQUIRE((socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out)
                  : pipe2(out, O_CLOEXEC)) == 0);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  Running go;
  go.pid = start_go({"list", "-deps"}, script, {}, in[0], out[1], null);
  close(in[0]);
  close(out[1]);
  close(null);
  go.in = in[1];
  go.out = out[0];
  return go;
}

long long read_up_to(int fd, long long wanted) {
  std::string buffer(1 << 16, '\0');
  long long got = 0;
  while (got < wanted) {
    const auto size = std::min<long long>(wanted - got, static_cast<long long>(buffer.size()));
    const ssize_t n = read(fd, buffer.data(), static_cast<std::size_t>(size));
    if (n <= 0) break;
    got += n;
  }
  return got;
}

int end_of(const Running& go) {
  int raw = 0;
  close(go.in);
  close(go.out);
  waitpid(go.pid, &raw, 0);
  return raw;
}

[[maybe_unused]] long long peak_kib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  }
  return -1;
}

}  // namespace

TEST_CASE("a long output comes through whole into a file, one opened for appending, and a socket") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int flags : {O_WRONLY, O_WRONLY | O_APPEND}) {
    const int file = open(dir.path("out").c_str(), flags | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int pid = start_go({"list", "-deps"}, "stream 5; out end", {}, null, file, null);
    int raw = 0;
    waitpid(pid, &raw, 0);
    CHECK(raw == 0);
    const std::string text = dir.text_of("out");
    CHECK(text.size() == 5 * mebi + 4);
    CHECK(text.ends_with("end\n"));
    close(file);
  }
  close(null);
  const Running go = start_list("stream 5; out end", true);
  CHECK(read_up_to(go.out, 6 * mebi) == 5 * mebi + 4);
  CHECK(end_of(go) == 0);
}

TEST_CASE("a reader that leaves in the middle of a long output ends go by SIGPIPE") {
  const Running go = start_list("stream 64");
  CHECK(read_up_to(go.out, 3 * mebi) >= 3 * mebi);
  const int raw = end_of(go);
  CHECK(WIFSIGNALED(raw));
  CHECK(WTERMSIG(raw) == SIGPIPE);
}

TEST_CASE("a reader that does not read keeps nobody from ending go") {
  const ScratchDir dir;
  for (const bool has_ended : {false, true}) {
    // What is left does not fit into the pipes; or it does, and go has ended.
    const Running go = start_list("stream 2; big 100000; " +
                                  (has_ended ? "append " + dir.path("said") : "stream 64"));
    CHECK(read_up_to(go.out, 2 * mebi) == 2 * mebi);
    if (has_ended) REQUIRE(wait_until(file_exists, dir.path("said")));
    kill(go.pid, SIGTERM);
    int raw = 0;
    waitpid(go.pid, &raw, 0);
    CHECK(WIFSIGNALED(raw));
    CHECK(WTERMSIG(raw) == SIGTERM);
    close(go.in);
    close(go.out);
  }
}

#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory for a while, and is slow
TEST_CASE("a test that prints very much costs little time and no memory (issue 15.20)") {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const char* script :
       {"lines 4000000", "stream 150", "stream 20; lines 1000000; stream 20"}) {
    INFO(script);
    const int pid = start_go({"test", "-v", "./..."}, script, {}, null, null, null);
    int raw = 0;
    rusage used = {};
    wait4(pid, &raw, 0, &used);  // of gomend and of go
    CHECK(raw == 0);
    CHECK(used.ru_utime.tv_sec + used.ru_stime.tv_sec < 4);
    CHECK(used.ru_maxrss < 12 * 1024);
  }
  close(null);
}

TEST_CASE("the shim's memory does not grow with what passes through") {
  const Running go = start_list("stream 200; cat");
  CHECK(read_up_to(go.out, 200 * mebi) == 200 * mebi);
  const long long peak = peak_kib(go.pid);
  CHECK(peak > 0);
  CHECK(peak < 12 * 1024);  // with the shared libraries of a build for tests
  close(go.in);
  int raw = 0;
  waitpid(go.pid, &raw, 0);
  close(go.out);
  CHECK(raw == 0);
}
#endif

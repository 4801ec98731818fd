// The words that gomend's own -exec carries do nothing when somebody else types them (issue 15.10):
// they are words for go, as any other.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/watch/hook.hpp"
#include "tests/bed/process.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

const std::string name = "gomend-0123456789abcdef0123456789abcdef";

// A process, no ancestor of go's, that has a socket of that name and lets everybody in.
struct Listener {
  Listener() {
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
      const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un address = {};
      address.sun_family = AF_UNIX;
      memcpy(address.sun_path + 1, name.data(), name.size());
      const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
      if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 4) != 0)
        _exit(1);
      if (write(ready[1], "x", 1) != 1) _exit(1);
      while (true) {
        const int peer = accept(fd, nullptr, nullptr);
        char bytes[64] = {};
        if (peer >= 0 && write(peer, bytes, sizeof bytes) >= 0) close(peer);
      }
    }
    close(ready[1]);
    char byte;
    REQUIRE(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
  }
  ~Listener() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  pid_t pid = 0;
};

void check_words_for_go(const std::vector<std::string>& words) {
  const GoRun run = run_go(words, "args; err flag provided but not defined; exit 2");
  INFO(words[0] << " " << words[1] << ": " << run.out << run.err);
  CHECK(run.exit_code() == 2);
  CHECK(run.err == "flag provided but not defined\n");
  for (const std::string& word : words) CHECK(run.out.find(word) != std::string::npos);
  const GoRun companion = run_go(words, "", {.env = {}, .input = {}, .companion = true});
  CHECK(companion.out.find("said-by-echo") != 0);
}

}  // namespace

TEST_CASE("the hook's words, typed by somebody, are words for go") {
  for (const std::string& mark :
       {std::string("x"), std::string(), name, name + ":10", name + ":0", name + "0",
        std::string(200, 'x'), "gomend-" + std::string(32, 'X')}) {
    check_words_for_go({"--gomend-hook", mark, "/bin/echo", "said-by-echo"});
    check_words_for_go({"--gomend-restore-env", mark, "HOME", "/bin/echo", "said-by-echo"});
  }
}

TEST_CASE("a socket of another process does not make them the hook's") {
  const Listener listener;
  check_words_for_go({"--gomend-hook", name, "/bin/echo", "said-by-echo"});
  check_words_for_go({"--gomend-restore-env", name + ":10", "HOME", "/bin/echo", "said-by-echo"});
}

TEST_CASE("what a hook says is bounded, whoever says it (issue 15.10)") {
  shim::HookServer server;
  const pid_t child = fork();
  if (child == 0) {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path + 1, server.name().data(), server.name().size());
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + server.name().size());
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) _exit(1);
    const std::string much(65536, 'x');
    for (int i = 0; i < 1000; ++i) {
      if (write(fd, much.data(), much.size()) < 0) _exit(2);
    }
    _exit(0);
  }
  pollfd coming = {server.fd(), POLLIN, 0};
  REQUIRE(poll(&coming, 1, 10000) == 1);
  std::string said;
  {
    const recovery::Fd hook = server.accept();
    REQUIRE(hook);
    REQUIRE(server.hand_over(hook, -1, -1));
    while (server.hear(hook)) continue;
    said = server.settle();
  }
  int end = 0;
  waitpid(child, &end, 0);
  CHECK(end != 0);  // it could not say it all
  CHECK(!said.empty());
  CHECK(said.size() <= 16384);
}

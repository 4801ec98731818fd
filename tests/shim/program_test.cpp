// The user's program under `go run`, and go on a terminal: the -exec hook, Ctrl-C, Ctrl-Z.
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

// gomend as the foreground group of a terminal of its own.
struct OnTerminal {
  int master = -1;
  pid_t pid = 0;
  std::string seen;
  OnTerminal(const std::vector<std::string>& arguments, const std::string& script) {
    pid = forkpty(&master, nullptr, nullptr, nullptr);
    if (pid != 0) return;
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), "go");
    std::vector<std::string> env = environment_for(script, {});
    std::vector<char*> argv;
    std::vector<char*> environment;
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& entry : env) environment.push_back(entry.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    execve(tests::gomend_binary, argv.data(), environment.data());
    _exit(126);
  }
  ~OnTerminal() { close(master); }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  void read_until(const std::string& text) {
    char buffer[4096];
    while (seen.find(text) == std::string::npos) {
      const ssize_t n = read(master, buffer, sizeof buffer);
      if (n <= 0) return;
      seen.append(buffer, static_cast<size_t>(n));
    }
  }
  void type(char c) const {
    if (write(master, &c, 1) != 1) return;
  }
  int end() {
    read_until("\x01never");
    int raw = 0;
    waitpid(pid, &raw, 0);
    return raw;
  }
};

constexpr const char* imitation =
    "raw-err example.com/a@v1.0.0: verifying module: checksum mismatch\\n, err -> unzip /x.zip: "
    "zip: not a valid zip file";

}  // namespace

TEST_CASE("a program under go run sees the terminal itself on all three streams") {
  OnTerminal go(
      {"run", "."},
      "err go: downloading x; program is-tty 0, is-tty 1, is-tty 2, err from program, exit 3");
  const int raw = go.end();
  CHECK(go.seen ==
        "go: downloading x\r\ntty 0 yes\r\ntty 1 yes\r\ntty 2 yes\r\nfrom program\r\nexit status "
        "3\r\n");
  CHECK(WEXITSTATUS(raw) == 1);
}

TEST_CASE("go test in local-directory mode hands the terminal to the test") {
  OnTerminal go({"test", "-v"}, "program is-tty 1, is-tty 2; out ok  \\tm/p\\t0.1s");
  const int raw = go.end();
  CHECK(go.seen == "tty 1 yes\r\ntty 2 yes\r\nok  \tm/p\t0.1s\r\n");
  CHECK(WEXITSTATUS(raw) == 0);
}

TEST_CASE("what go said comes before what the program says") {
  for (int i = 0; i < 20; ++i) {
    const GoRun run = run_go({"run", "."}, "err from go; program err from program",
                             {.env = {}, .merged = false, .input = {}});
    REQUIRE(run.err == "from go\nfrom program\n");
  }
}

TEST_CASE("the program sees its own arguments and no descriptor or variable of ours") {
  const GoRun run = run_go({"run", "."}, "program args, fds, env GOMEND_VIA");
  CHECK(run.out == std::string(tests::fake_go) + "\nthe-program\nfds 0 1 2\nGOMEND_VIA=(unset)\n");
}

TEST_CASE("a program that exits 3 and prints go's own error texts runs once") {
  const ScratchDir dir;
  for (const char* verb : {"run", "test"}) {
    const std::string counter = dir.path(verb);
    const GoRun run = run_go({verb}, "program append " + counter + ", " + imitation + ", exit 3");
    INFO(verb);
    CHECK(dir.lines_of(verb) <= 1);
    CHECK(run.err.find("gomend:") == std::string::npos);
  }
  const GoRun run =
      run_go({"run", "."}, "program append " + dir.path("runs") + ", " + imitation + ", exit 3");
  CHECK(dir.lines_of("runs") == 1);
  CHECK(run.exit_code() == 1);
  CHECK(run.err.ends_with("exit status 3\n"));
}

TEST_CASE("a program that can't be exec'd is reported as go reports it") {
  const GoRun run = run_go({"run", "."}, "program no-such");
  CHECK(run.err == "fork/exec /nonexistent/program: no such file or directory\n");
  CHECK(run.exit_code() == 1);
}

TEST_CASE("a user's own -exec is left alone") {
  const GoRun run = run_go({"run", "-exec", "runner", "."}, "args");
  CHECK(run.out == "go\nrun\n-exec\nrunner\n.\n");
}

TEST_CASE("the hook goes in behind the verb and -C") {
  const GoRun run = run_go({"run", "-C", "/", "."}, "args");
  CHECK(run.out.starts_with("go\nrun\n-C\n/\n-exec="));
  CHECK(run.out.ends_with("\n.\n"));
}

TEST_CASE("Ctrl-C ends go and gomend by SIGINT") {
  OnTerminal go({"build"}, "err ready; sleep 10000");
  go.read_until("ready");
  go.type(3);
  const int raw = go.end();
  CHECK(WIFSIGNALED(raw));
  CHECK(WTERMSIG(raw) == SIGINT);
}

TEST_CASE("a go that survives Ctrl-C decides how it ends") {
  OnTerminal go({"build"}, "catch 2; err ready; sleep 10000");
  go.read_until("ready");
  go.type(3);
  const int raw = go.end();
  CHECK(go.seen.find("caught 02") != std::string::npos);
  CHECK(WEXITSTATUS(raw) == 7);
}

TEST_CASE(
    "Ctrl-C while the cache is looked at ends gomend by SIGINT, and leaves no helper behind") {
  const ScratchDir dir;
  // The second call is the quiet `go env` of the recovery: it hangs.
  OnTerminal go(
      {"build"},
      "first " + dir.path("first") +
          "; err -> unzip /m/cache/download/example.com/a/@v/v1.0.0.zip: zip: not a valid zip file"
          "; exit 1; again; pid " +
          dir.path("helper") + "; sleep 60000");
  REQUIRE(wait_until(file_exists, dir.path("helper")));
  usleep(100000);
  go.type(3);
  const int raw = go.end();
  CHECK(WIFSIGNALED(raw));
  CHECK(WTERMSIG(raw) == SIGINT);
  CHECK(wait_until(process_gone, std::to_string(std::stoi(dir.text_of("helper")))));
}

TEST_CASE("SIGTSTP sent to gomend stops it and go; SIGCONT wakes both") {
  const ScratchDir dir;
  const int null = open("/dev/null", O_RDWR);
  const int pid =
      start_go({"build"}, "pid " + dir.path("pid") + "; sleep 3000; exit 6", {}, null, null, null);
  REQUIRE(wait_until(file_exists, dir.path("pid")));
  usleep(50000);
  setpgid(pid, pid);
  kill(pid, SIGTSTP);
  int raw = 0;
  REQUIRE(waitpid(pid, &raw, WUNTRACED) == pid);
  CHECK(WIFSTOPPED(raw));
  kill(pid, SIGCONT);
  REQUIRE(waitpid(pid, &raw, 0) == pid);
  CHECK(WEXITSTATUS(raw) == 6);
  close(null);
}

// What gomend costs before go runs, counted rather than timed: its system calls, by ptrace.

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

bool ends_a_loader(long long number) {
  return number == SYS_munmap || number == SYS_mprotect;
}

// System calls of gomend up to the exec of the real go, in whichever process (vfork's child is
// followed), less those of the dynamic loader, whose last ones are munmap and mprotect. -1: nothing
// can be traced here.
[[maybe_unused]] int calls_before_go(const std::string& verb) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(125);
    raise(SIGSTOP);
    setenv("GOMEND_REAL_GO", tests::fake_go, 1);
    unsetenv("FAKE_GO");
    // Two files, whatever the tests' own output is: 2>&1 takes a few calls more.
    dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
    dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
    dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
    execl(tests::gomend_binary, "go", verb.c_str(), static_cast<char*>(nullptr));
    _exit(124);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return -1;
  ptrace(PTRACE_SETOPTIONS, child, nullptr,
         PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  int calls = 0;
  for (bool is_gomend = false;;) {
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) break;
    if (!WIFSTOPPED(status)) continue;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) is_gomend = true;
    __ptrace_syscall_info call = {};
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call);
    if (is_gomend && call.op == PTRACE_SYSCALL_INFO_ENTRY) {
      const auto number = static_cast<long long>(call.entry.nr);
      calls = ends_a_loader(number) ? 0 : calls + 1;
      if (number == SYS_execve) break;
    }
    ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
  }
  kill(child, SIGKILL);
  while (waitpid(-1, &status, __WALL) > 0) continue;
  return calls;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // the sanitizers' own calls are many
TEST_CASE("between the start of gomend and that of go there are few system calls") {
  const int exec_way = calls_before_go("version");
  if (exec_way < 0) return;
  INFO("exec way " << exec_way);
  CHECK(exec_way <= 16);
  CHECK(exec_way >= 5);
  const int watched = calls_before_go("build");
  INFO("watched way " << watched);
  CHECK(watched <= 40);
}
#endif

#define _GNU_SOURCE
// The least that watching can cost: REAL_GO with its stderr through a pipe that is passed on, and
// its exit status.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

int main(int argc, char** argv) {
  (void)argc;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return 1;
  const pid_t child = vfork();
  if (child == 0) {
    dup2(ends[1], 2);
    execve(getenv("REAL_GO"), argv, environ);
    _exit(127);
  }
  close(ends[1]);
  static char buffer[65536];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    if (write(2, buffer, (size_t)n) != n) return 1;
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

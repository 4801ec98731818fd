// Runs several programs in turns (ABCABC…, so that the machine's moods hit all alike) and prints
// the median time of each in microseconds: measure ROUNDS PROGRAM… -- ARGS…   Each is started as
// `go`; output goes to /dev/null.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double run(const char* program, char** argv) {
  const double start = now();
  const pid_t child = vfork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, 1);
    execve(program, argv, environ);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) {
    fprintf(stderr, "measure: %s failed (%d)\n", program, status);
    exit(1);
  }
  return now() - start;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  const int rounds = atoi(argv[1]);
  int programs = 0;
  while (2 + programs < argc && strcmp(argv[2 + programs], "--") != 0) ++programs;
  argv[2 + programs] = "go";
  double* times = calloc((size_t)(rounds * programs), sizeof *times);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < programs; ++i)
      times[i * rounds + round] = run(argv[2 + i], argv + 2 + programs);
  }
  for (int i = 0; i < programs; ++i) {
    qsort(times + i * rounds, (size_t)rounds, sizeof *times, compare);
    printf("%.0f\n", times[i * rounds + rounds / 2]);
  }
  free(times);
  return 0;
}

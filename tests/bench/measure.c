#define _GNU_SOURCE
// Runs several programs in turns (ABCABC…, so that the machine's moods hit all alike) and prints,
// for each, the median time in microseconds, the median of its ratios to the program before it in
// the same round, and the largest resident set of it and its children in KiB:
//   measure ROUNDS AT_ONCE PROGRAM… -- ARGS…
// Each is started as `go`, AT_ONCE at a time (the time is then that of all). stdout goes to a pipe
// that `cat` reads, as in `go list | jq`; stderr is inherited.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long largest;  // resident set, of what has been waited for since it was set to 0

static pid_t start(const char* program, char** argv, int out) {
  const pid_t child = vfork();
  if (child == 0) {
    dup2(out, 1);
    execve(program, argv, environ);
    _exit(127);
  }
  return child;
}

static double run(const char* program, char** argv, int at_once) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) exit(1);
  const pid_t reader = fork();
  if (reader == 0) {
    static char buffer[1 << 16];
    close(ends[1]);
    while (read(ends[0], buffer, sizeof buffer) > 0) continue;
    _exit(0);
  }
  close(ends[0]);
  const double begin = now();
  for (int i = 0; i < at_once; ++i) start(program, argv, ends[1]);
  close(ends[1]);
  for (int i = 0; i <= at_once; ++i) {
    int status = 0;
    struct rusage used;
    const pid_t pid = wait4(-1, &status, 0, &used);
    if (status != 0) {
      fprintf(stderr, "measure: %s failed (%d)\n", program, status);
      exit(1);
    }
    if (pid != reader && used.ru_maxrss > largest) largest = used.ru_maxrss;
  }
  return now() - begin;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* values, int n) {
  qsort(values, (size_t)n, sizeof *values, compare);
  return values[n / 2];
}

int main(int argc, char** argv) {
  const int rounds = atoi(argv[1]);
  const int at_once = atoi(argv[2]);
  char** program = argv + 3;
  int programs = 0;
  while (3 + programs < argc && strcmp(program[programs], "--") != 0) ++programs;
  program[programs] = "go";
  double* times = calloc((size_t)(rounds * programs), sizeof *times);
  long* sizes = calloc((size_t)programs, sizeof *sizes);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < programs; ++i) {
      largest = sizes[i];
      times[i * rounds + round] = run(program[i], program + programs, at_once);
      sizes[i] = largest;
    }
  }
  double* ratios = calloc((size_t)(rounds * programs), sizeof *ratios);
  for (int i = 1; i < programs; ++i) {
    for (int round = 0; round < rounds; ++round)
      ratios[i * rounds + round] = times[i * rounds + round] / times[(i - 1) * rounds + round];
  }
  for (int i = 0; i < programs; ++i) {
    const double ratio = i == 0 ? 1 : median(ratios + i * rounds, rounds);
    printf("%.0f %.3f %ld\n", median(times + i * rounds, rounds), ratio, sizes[i]);
  }
  free(times);
  free(sizes);
  free(ratios);
  return 0;
}

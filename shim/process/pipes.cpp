#include "shim/process/pipes.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <system_error>
#include <vector>

namespace shim {

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {out_of_the_way(recovery::Fd(ends[0])), out_of_the_way(recovery::Fd(ends[1]))};
}

recovery::Fd out_of_the_way(recovery::Fd fd) {
  if (fd.get() < 0 || fd.get() >= 10) return fd;
  recovery::Fd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, 10));
  return moved ? std::move(moved) : std::move(fd);
}

namespace {

// The signal of F_SETSIG belongs to the open file description, and means nothing without O_ASYNC:
// set through one descriptor, it is seen through the other only if both are one. Absent: this kind
// of file has none.
std::optional<bool> share_a_mark(int a, int b) {
  const int before_a = fcntl(a, F_GETSIG);
  const int before_b = fcntl(b, F_GETSIG);
  if (before_a < 0 || before_b < 0) return std::nullopt;
  if (before_a != before_b) return false;
  const int mark = before_a == SIGUSR1 ? SIGUSR2 : SIGUSR1;
  if (fcntl(a, F_SETSIG, mark) != 0) return std::nullopt;
  const bool shared = fcntl(b, F_GETSIG) == mark;
  fcntl(a, F_SETSIG, before_a);
  return shared;
}

}  // namespace

bool same_open_file(int a, int b) {
  const pid_t self = getpid();
  const long order = syscall(SYS_kcmp, self, self, KCMP_FILE, a, b);
  if (order >= 0) return order == 0;
  struct stat of_a;
  struct stat of_b;
  if (fstat(a, &of_a) != 0 || fstat(b, &of_b) != 0) return false;
  if (of_a.st_dev != of_b.st_dev || of_a.st_ino != of_b.st_ino) return false;
  if (fcntl(a, F_GETFL) != fcntl(b, F_GETFL)) return false;
  if (const auto told = share_a_mark(a, b)) return *told;
  return !S_ISREG(of_a.st_mode) || lseek(a, 0, SEEK_CUR) == lseek(b, 0, SEEK_CUR);
}

bool all_standard_streams_open() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) return false;
  }
  return true;
}

namespace {

// All descriptors of this process; kernels before 5.9 have no close_range(2).
std::vector<int> open_ones() {
  std::vector<int> found;
  if (DIR* dir = opendir("/proc/self/fd")) {
    while (const dirent* entry = readdir(dir)) {
      if (entry->d_name[0] != '.') found.push_back(atoi(entry->d_name));
    }
    closedir(dir);
    return found;
  }
  rlimit most = {};
  getrlimit(RLIMIT_NOFILE, &most);
  const int end = static_cast<int>(std::min<rlim_t>(most.rlim_cur, 1 << 20));
  for (int fd = 0; fd < end; ++fd) found.push_back(fd);
  return found;
}

bool close_from_to(int first, int last) {
  return first > last || syscall(SYS_close_range, static_cast<unsigned>(first),
                                 static_cast<unsigned>(last), 0) == 0;
}

}  // namespace

void close_all_but(std::initializer_list<int> kept) {
  std::vector<int> sorted = kept;
  std::sort(sorted.begin(), sorted.end());
  int first = 0;
  bool done = true;
  for (const int fd : sorted) {
    done = done && close_from_to(first, fd - 1);
    first = fd + 1;
  }
  if (done && close_from_to(first, INT_MAX)) return;
  for (const int fd : open_ones()) {
    if (!std::binary_search(sorted.begin(), sorted.end(), fd)) close(fd);
  }
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd ready = {fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool readable_now(int fd) {
  pollfd ready = {fd, POLLIN, 0};
  return fd >= 0 && poll(&ready, 1, 0) > 0;
}

}  // namespace shim

#include "shim/pipes.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

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

bool same_open_file(int a, int b) {
  const pid_t self = getpid();
  const long order = syscall(SYS_kcmp, self, self, KCMP_FILE, a, b);
  if (order >= 0) return order == 0;
  struct stat of_a;
  struct stat of_b;
  if (fstat(a, &of_a) != 0 || fstat(b, &of_b) != 0) return false;
  if (of_a.st_dev != of_b.st_dev || of_a.st_ino != of_b.st_ino) return false;
  if (fcntl(a, F_GETFL) != fcntl(b, F_GETFL)) return false;
  return !S_ISREG(of_a.st_mode) || lseek(a, 0, SEEK_CUR) == lseek(b, 0, SEEK_CUR);
}

bool all_standard_streams_open() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) return false;
  }
  return true;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd ready = {fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno != EPIPE;
    }
  }
  return true;
}

bool readable_now(int fd) {
  pollfd ready = {fd, POLLIN, 0};
  return fd >= 0 && poll(&ready, 1, 0) > 0;
}

}  // namespace shim

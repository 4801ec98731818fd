#include "tests/bed/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "tests/bed/image.hpp"

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int input_file(const std::optional<std::string>& input) {
  if (!input) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, input->data(), input->size()) < 0) fail("memfd");
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

// Reads what is there; false at the end of the stream (a terminal's end is EIO).
bool drain(int fd, std::string& into) {
  std::array<char, 1 << 16> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0) into.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

struct Stream {
  int fd;
  std::string* into;
};

// Follows a child to its end: its streams to their ends, but no longer than two seconds after it
// has gone (a program may have left something behind that holds them open).
void follow(pid_t pid, std::vector<Stream> streams, std::chrono::seconds limit, Ran& ran) {
  const auto start = Clock::now();
  auto deadline = start + limit;
  bool running = true;
  while (running || !streams.empty()) {
    std::vector<pollfd> polls;
    for (const auto& stream : streams) polls.push_back({stream.fd, POLLIN, 0});
    ::poll(polls.data(), polls.size(), running ? (streams.empty() ? 1 : 20) : 100);
    std::vector<Stream> open;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (polls[i].revents == 0 || drain(streams[i].fd, *streams[i].into)) {
        open.push_back(streams[i]);
      } else {
        ::close(streams[i].fd);
      }
    }
    streams = std::move(open);
    if (running && ::waitpid(pid, &ran.status, WNOHANG) == pid) {
      running = false;
      ran.seconds = std::chrono::duration<double>(Clock::now() - start).count();
      deadline = Clock::now() + std::chrono::seconds(2);
    }
    if (Clock::now() < deadline) continue;
    if (!running) break;
    ran.timed_out = true;
    ::kill(-pid, SIGKILL);
    deadline = Clock::now() + std::chrono::seconds(2);
  }
  for (const auto& stream : streams) ::close(stream.fd);
}

}  // namespace

int Ran::code() const {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Ran::text() const {
  return "code " + std::to_string(code()) + (timed_out ? " (timed out)" : "") + " after " +
         std::to_string(seconds) + " s\nstdout:\n" + out + "\nstderr:\n" + err;
}

Ran run(const Args& argv, const RunOptions& options) {
  const Image image(argv, options.env);
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) fail("pipe2");
  const int in = input_file(options.input);
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    ::setpgid(0, 0);
    ::dup2(in, 0);
    ::dup2(out[1], 1);
    ::dup2(options.merged ? out[1] : err[1], 2);
    image.become(options.cwd);
  }
  ::setpgid(pid, pid);
  ::close(in);
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  follow(pid, {{out[0], &ran.out}, {err[0], &ran.err}}, options.limit, ran);
  return ran;
}

Ran run_pty(const Args& argv, const RunOptions& options) {
  const Image image(argv, options.env);
  winsize size{24, 80, 0, 0};
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (pid < 0) fail("forkpty");
  if (pid == 0) image.become(options.cwd);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  if (options.input && ::write(terminal, options.input->data(), options.input->size()) < 0) {
    fail("terminal");
  }
  Ran ran;
  follow(pid, {{terminal, &ran.out}}, options.limit, ran);
  return ran;
}

}  // namespace tests

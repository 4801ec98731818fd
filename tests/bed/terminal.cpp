#include "tests/bed/terminal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/bed/image.hpp"

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds limit{60};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The parent of a process is told that it has stopped when all its threads have.
char state_of_threads(const std::string& pid, char state) {
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + pid + "/task", gone)) {
    const std::string stat = text_of((thread.path() / "stat").string());
    const std::size_t after_name = stat.rfind(')');
    if (after_name != std::string::npos && stat[after_name + 2] != 'T') return stat[after_name + 2];
  }
  return state;
}

// Absent (pid 0) when it has gone meanwhile or is of another session.
Process process_of(const std::string& pid, pid_t leader) {
  Process process;
  const std::string stat = text_of("/proc/" + pid + "/stat");
  const std::size_t after_name = stat.rfind(')');
  int parent = 0;
  int session = 0;
  if (after_name == std::string::npos ||
      std::sscanf(stat.c_str() + after_name, ") %c %d %*d %d", &process.state, &parent, &session) !=
          3 ||
      session != leader) {
    return process;
  }
  process.pid = std::atoi(pid.c_str());
  if (process.state == 'T') process.state = state_of_threads(pid, process.state);
  process.parent = parent;
  std::array<char, 4096> path{};
  const ssize_t n = ::readlink(("/proc/" + pid + "/exe").c_str(), path.data(), path.size());
  if (n > 0) process.program.assign(path.data(), static_cast<std::size_t>(n));
  process.words = text_of("/proc/" + pid + "/cmdline");
  std::replace(process.words.begin(), process.words.end(), '\0', ' ');
  return process;
}

}  // namespace

std::vector<Process> processes_of_session(pid_t leader) {
  std::vector<Process> found;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) throw std::runtime_error("no /proc");
  while (const dirent* entry = ::readdir(proc)) {
    if (std::atoi(entry->d_name) == 0) continue;
    if (Process process = process_of(entry->d_name, leader); process.pid != 0)
      found.push_back(std::move(process));
  }
  ::closedir(proc);
  return found;
}

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    ::usleep(2000);
  }
  return true;
}

Terminal::Terminal(const Args& argv, const RunOptions& options, const Standard& standard) {
  const Image image(argv, options.env);
  const winsize size{24, 80, 0, 0};
  pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("forkpty");
  if (pid_ == 0) {
    for (int fd = 0; fd < 3; ++fd) {
      const int given = standard[static_cast<std::size_t>(fd)];
      if (given >= 0) ::dup2(given, fd);
      if (given == -2) ::close(fd);
    }
    image.become(options.cwd);
  }
  ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
}

Terminal::~Terminal() {
  for (const Process& process : processes()) ::kill(process.pid, SIGKILL);
  if (!ended_) ::waitpid(pid_, nullptr, 0);
  if (terminal_ >= 0) ::close(terminal_);
}

void Terminal::type(const std::string& keys) const {
  if (::write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("typing " + keys);
}

void Terminal::resize(int rows, int columns) const {
  const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  if (::ioctl(terminal_, TIOCSWINSZ, &size) != 0) throw std::runtime_error("TIOCSWINSZ");
}

void Terminal::hang_up() {
  ::close(terminal_);
  terminal_ = -1;
}

termios Terminal::modes() const {
  termios modes{};
  if (::tcgetattr(terminal_, &modes) != 0) throw std::runtime_error("tcgetattr");
  return modes;
}

// False: there was nothing within that time.
bool Terminal::read_some(int wait_ms) {
  pollfd ready = {terminal_, POLLIN, 0};
  std::array<char, 1 << 16> buffer;
  if (::poll(&ready, 1, wait_ms) <= 0) return false;
  const ssize_t n = ::read(terminal_, buffer.data(), buffer.size());
  if (n > 0) screen_.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0;
}

void Terminal::wait_for(const std::string& text) {
  const auto has_come = [&] { return screen_.find(text, found_) != std::string::npos; };
  wait_until(text, has_come);
  found_ = screen_.find(text, found_) + text.size();
}

void Terminal::wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > deadline) {
      std::string there;
      for (const Process& process : processes())
        there += process.state + (" " + process.words) + "\n";
      throw std::runtime_error("waited in vain for \"" + what + "\"; on the screen:\n" + screen_ +
                               "\nthere are:\n" + there);
    }
    if (!read_some(5)) ::usleep(1000);
  }
}

int Terminal::wait_end() {
  int status = 0;
  wait_until("the end", [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  ended_ = true;
  while (terminal_ >= 0 && read_some(200)) continue;
  return status;
}

}  // namespace tests

#include "recovery/os/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "recovery/os/fd.hpp"

namespace recovery {
namespace {

constexpr int most_rounds = 100;  // against who forks for ever
constexpr int patience_ms = 50;   // for one that is about to stop

struct Facts {
  pid_t parent = 0;  // 0: there is no such process
  char state = 'X';
};

std::string read_proc(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t n = file ? ::read(file.get(), text, sizeof text) : 0;
  return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

Facts facts_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const std::size_t after_name = stat.rfind(')');
  Facts facts;
  if (after_name == std::string::npos ||
      std::sscanf(stat.c_str() + after_name, ") %c %d", &facts.state, &facts.parent) != 2)
    return {};
  return facts;
}

bool is_telemetry(pid_t pid) {
  return read_proc(pid, "cmdline").find("** telemetry **") != std::string::npos;
}

class Held {
 public:
  explicit Held(pid_t pid) : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  void send(int signal) const {
    if (!fd_ || ::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) != 0) {
      if (!fd_ || errno == ENOSYS || errno == EPERM) ::kill(pid_, signal);
    }
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  Fd fd_;
};

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = proc == nullptr ? nullptr : ::readdir(proc)) {
    if (const int pid = ::atoi(entry->d_name); pid > 0) found.push_back(pid);
  }
  if (proc != nullptr) ::closedir(proc);
  return found;
}

void wait_until_stopped(pid_t pid) {
  for (int ms = 0; ms < patience_ms; ++ms) {
    const char state = facts_of(pid).state;
    if (state != 'R' && state != 'S' && state != 'D') return;
    ::usleep(1000);
  }
}

// Stops and holds the children of `tree`'s processes that are not in it yet.
bool stop_children(std::set<pid_t>& tree, std::vector<Held>& held) {
  std::vector<pid_t> found;
  for (const pid_t pid : all_processes()) {
    if (tree.contains(pid) || !tree.contains(facts_of(pid).parent) || is_telemetry(pid)) continue;
    Held child(pid);
    // Its parent is stopped, and can't have waited for it: the number is still its own.
    if (!tree.contains(facts_of(pid).parent)) continue;
    child.send(SIGSTOP);
    held.push_back(std::move(child));
    found.push_back(pid);
  }
  for (const pid_t pid : found) wait_until_stopped(pid);
  tree.insert(found.begin(), found.end());
  return !found.empty();
}

}  // namespace

unsigned long long bytes_moved(pid_t pid) {
  unsigned long long read = 0, written = 0;
  const std::string io = read_proc(pid, "io");
  if (std::sscanf(io.c_str(), "rchar: %llu wchar: %llu", &read, &written) != 2) return 0;
  return read + written;
}

unsigned long long bytes_moved_below(pid_t root) {
  const std::vector<pid_t> all = all_processes();
  std::set<pid_t> tree{root};
  for (std::size_t before = 0; before != tree.size();) {
    before = tree.size();
    for (const pid_t pid : all) {
      if (!tree.contains(pid) && tree.contains(facts_of(pid).parent)) tree.insert(pid);
    }
  }
  unsigned long long sum = 0;
  for (const pid_t pid : tree) sum += bytes_moved(pid);
  return sum;
}

void end_with_all_below(pid_t root) {
  ::kill(root, SIGSTOP);
  wait_until_stopped(root);
  std::set<pid_t> tree{root};
  std::vector<Held> held;
  for (int round = 0; round < most_rounds && stop_children(tree, held); ++round) continue;
  for (const Held& process : held) process.send(SIGKILL);
  ::kill(root, SIGKILL);
}

}  // namespace recovery

#include "shim/process/stall.hpp"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "recovery/os/process_tree.hpp"
#include "shim/process/descendants.hpp"
#include "shim/process/proc.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

constexpr unsigned long long idle_ticks = 5;  // a runtime that waits computes something, too

long long monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

unsigned long long ticks_used(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const std::size_t after_name = stat.rfind(')');
  unsigned long user = 0, system = 0;
  if (after_name == std::string::npos ||
      sscanf(stat.c_str() + after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
             &user, &system) != 2)
    return 0;
  return user + system;
}

// Inodes of TCP sockets that are connected, or about to be.
void add_connections(const std::string& table, std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    if (state == "01" || state == "02") inodes.insert("socket:[" + inode + "]");
  }
}

bool has_connection(pid_t pid) {
  std::set<std::string> connections;
  add_connections(in_proc(pid, "net/tcp"), connections);
  add_connections(in_proc(pid, "net/tcp6"), connections);
  const std::string fds = in_proc(pid, "fd");
  DIR* dir = opendir(fds.c_str());
  if (dir == nullptr) return false;
  bool found = false;
  while (const dirent* entry = found ? nullptr : readdir(dir)) {
    char target[64];
    const ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target);
    found = n > 0 && connections.contains({target, static_cast<std::size_t>(n)});
  }
  closedir(dir);
  return found;
}

}  // namespace

int stall_seconds() {
  const char* text = getenv("GOMEND_STALL");
  if (text == nullptr || *text < '0' || *text > '9') return 0;
  char* end = nullptr;
  const long seconds = strtol(text, &end, 10);
  return end != text && *end == '\0' && seconds >= 1 && seconds <= 86400 ? static_cast<int>(seconds)
                                                                         : 0;
}

std::string tell_of_stall() {
  const std::string words =
      "GOMEND_STALL: go ended: no network progress for " + std::to_string(stall_seconds()) + " s";
  say(words);
  return "gomend: " + words + "\n";
}

int StallGuard::patience_ms() const {
  return seconds_ == 0 ? -1 : std::max(250, seconds_ * 1000 / 4);
}

bool StallGuard::is_stalled(pid_t go) {
  const auto below = all_descendants_of(go);
  std::vector<pid_t> all = below.value_or(std::vector<pid_t>{});
  const bool is_go_alone = below && std::none_of(all.begin(), all.end(), may_be_user_code);
  all.push_back(go);
  unsigned long long io = 0, ticks = 0;
  for (const pid_t pid : all) {
    io += recovery::bytes_moved(pid);
    ticks += ticks_used(pid);
  }
  const bool moves = io != io_ || ticks < ticks_ || ticks > ticks_ + idle_ticks;
  if (since_ns_ == 0 || moves || !is_go_alone) {
    io_ = io;
    ticks_ = ticks;
    since_ns_ = monotonic_ns();
    return false;
  }
  return monotonic_ns() - since_ns_ >= seconds_ * 1'000'000'000LL &&
         std::any_of(all.begin(), all.end(), has_connection);
}

}  // namespace shim

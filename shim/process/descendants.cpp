#include "shim/process/descendants.hpp"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <string_view>

#include "shim/process/proc.hpp"

namespace shim {
namespace {

// What go starts while it loads and builds. cc1, as and collect2 are gcc's own children.
constexpr std::array helpers = {"addr2line",
                                "ar",
                                "as",
                                "asm",
                                "buildid",
                                "bzr",
                                "cc1",
                                "cc1plus",
                                "cgo",
                                "clang",
                                "collect2",
                                "compile",
                                "cover",
                                "covdata",
                                "fossil",
                                "g++",
                                "gcc",
                                "git",
                                "git-remote-https",
                                "git-remote-http",
                                "gold",
                                "hg",
                                "ld",
                                "ld.bfd",
                                "ld.gold",
                                "ld.lld",
                                "link",
                                "lld",
                                "nm",
                                "pack",
                                "pkg-config",
                                "pkgconf",
                                "preprofile",
                                "ssh",
                                "svn",
                                "swig",
                                "vet"};

struct Family {
  std::multimap<pid_t, pid_t> children;  // by parent
  bool is_whole = false;                 // every process has been seen
};

Family read_family() {
  Family family;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return family;
  family.is_whole = true;
  while (const dirent* entry = readdir(proc)) {
    const int pid = atoi(entry->d_name);
    if (pid <= 0) continue;
    const pid_t parent = parent_of(pid);
    // One that has ended meanwhile has left its mark on its parent (may_have_had_children).
    const bool is_hidden = parent == 0 && read_proc(pid, "stat").empty();
    if (is_hidden && access(in_proc(pid, "").c_str(), F_OK) == 0) family.is_whole = false;
    family.children.emplace(parent, pid);
  }
  closedir(proc);
  return family;
}

// What procfs shows is what there is: it is that of our own PID namespace, and hides nobody.
bool proc_shows_all() {
  char self[32];
  const ssize_t n = readlink("/proc/self", self, sizeof self);
  if (std::string(self, n > 0 ? static_cast<std::size_t>(n) : 0) != std::to_string(getpid()))
    return false;
  std::ifstream mounts("/proc/self/mountinfo");
  bool is_mounted = false;
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" /proc ") == line.npos) continue;
    const std::string options = line.substr(std::min(line.size(), line.find(" - ")));
    if (!options.starts_with(" - proc ")) return false;
    const std::size_t hides = options.find("hidepid=");
    const std::string how = hides == options.npos ? "off" : options.substr(hides + 8);
    if (!how.starts_with("off") && !how.starts_with("0")) return false;
    is_mounted = true;
  }
  return is_mounted;
}

bool is_telemetry(pid_t pid) {
  return read_proc(pid, "cmdline").find("** telemetry **") != std::string::npos;
}

std::string program_of(pid_t pid) {
  char path[4096];
  const ssize_t n = readlink(in_proc(pid, "exe").c_str(), path, sizeof path);
  return {path, n > 0 ? static_cast<std::size_t>(n) : 0};
}

std::vector<pid_t> below(const Family& family, pid_t ancestor) {
  std::vector<pid_t> found;
  std::vector<pid_t> to_visit = {ancestor};
  while (!to_visit.empty()) {
    const pid_t parent = to_visit.back();
    to_visit.pop_back();
    const auto range = family.children.equal_range(parent);
    for (auto child = range.first; child != range.second; ++child) {
      if (is_telemetry(child->second)) continue;
      found.push_back(child->second);
      to_visit.push_back(child->second);
    }
  }
  return found;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t ancestor) {
  return below(read_family(), ancestor);
}

std::optional<std::vector<pid_t>> all_descendants_of(pid_t ancestor) {
  if (!proc_shows_all()) return std::nullopt;
  const Family family = read_family();
  const bool is_seen = std::ranges::any_of(
      family.children, [&](const auto& child) { return child.second == ancestor; });
  if (!family.is_whole || !is_seen) return std::nullopt;
  return below(family, ancestor);
}

std::vector<pid_t> children_of(pid_t parent) {
  const Family family = read_family();
  const auto range = family.children.equal_range(parent);
  std::vector<pid_t> found;
  for (auto child = range.first; child != range.second; ++child) found.push_back(child->second);
  return found;
}

bool may_have_had_children(pid_t pid) {
  if (!proc_shows_all()) return true;
  const std::string stat = read_proc(pid, "stat");
  const std::size_t after_name = stat.rfind(')');
  unsigned long own = 0;
  unsigned long of_children = 1;
  if (after_name == std::string::npos) return true;
  const char* fields = stat.c_str() + after_name;
  if (sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %lu %lu", &own, &of_children) != 2) return true;
  return own == 0 || of_children != 0;  // a kernel that counts none tells nothing
}

bool may_be_user_code(pid_t pid) {
  std::string program = program_of(pid);
  if (program.empty()) {  // a zombie: only its name is left
    program = read_proc(pid, "comm");
    program.erase(std::min(program.find('\n'), program.size()));
  }
  const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
  std::string_view plain = name;  // x86_64-linux-gnu-gcc-12 is gcc
  while (!plain.empty() &&
         (isdigit(static_cast<unsigned char>(plain.back())) || plain.back() == '-')) {
    plain.remove_suffix(1);
  }
  return std::none_of(helpers.begin(), helpers.end(), [&](std::string_view helper) {
    const std::string prefixed = "-" + std::string(helper);
    return name == helper || plain == helper || plain.ends_with(prefixed);
  });
}

}  // namespace shim

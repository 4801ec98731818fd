#include "shim/descendants.hpp"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>

#include "shim/proc.hpp"

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

pid_t parent_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const std::size_t after_name = stat.rfind(')');
  int parent = 0;
  if (after_name == std::string::npos) return 0;
  return sscanf(stat.c_str() + after_name, ") %*c %d", &parent) == 1 ? parent : 0;
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return children;
  while (const dirent* entry = readdir(proc)) {
    const int pid = atoi(entry->d_name);
    if (pid > 0) children.emplace(parent_of(pid), pid);
  }
  closedir(proc);
  return children;
}

bool is_telemetry(pid_t pid) {
  return read_proc(pid, "cmdline").find("** telemetry **") != std::string::npos;
}

std::string program_of(pid_t pid) {
  char path[4096];
  const ssize_t n = readlink(in_proc(pid, "exe").c_str(), path, sizeof path);
  return {path, n > 0 ? static_cast<std::size_t>(n) : 0};
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t ancestor) {
  const auto children = children_by_parent();
  std::vector<pid_t> found;
  std::vector<pid_t> to_visit = {ancestor};
  while (!to_visit.empty()) {
    const pid_t parent = to_visit.back();
    to_visit.pop_back();
    const auto range = children.equal_range(parent);
    for (auto child = range.first; child != range.second; ++child) {
      if (is_telemetry(child->second)) continue;
      found.push_back(child->second);
      to_visit.push_back(child->second);
    }
  }
  return found;
}

bool may_have_had_children(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const std::size_t after_name = stat.rfind(')');
  unsigned long faults = 1;
  if (after_name == std::string::npos) return true;
  const char* fields = stat.c_str() + after_name;
  return sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %lu", &faults) != 1 || faults != 0;
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

#include "shim/work_dir.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "recovery/fd.hpp"
#include "shim/go_env.hpp"

namespace shim {
namespace {

constexpr std::string_view prefix = "go-build";
constexpr std::size_t most_memory = 512 << 20;  // bytes that are searched

std::string temporary_dir() {
  if (const std::string dir = go_setting("GOTMPDIR"); !dir.empty()) return dir;
  const char* dir = getenv("TMPDIR");
  return dir != nullptr && *dir != '\0' ? dir : "/tmp";
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_ours_and_younger(const std::string& path, long long started_ns) {
  struct stat facts;
  if (lstat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) || facts.st_uid != geteuid())
    return false;
  constexpr long long clock_tick = 10000000;  // file times lag behind the clock by up to a tick
  return facts.st_ctim.tv_sec * 1000000000LL + facts.st_ctim.tv_nsec >= started_ns - clock_tick;
}

std::vector<std::string> candidates(long long started_ns) {
  std::vector<std::string> found;
  std::error_code error;
  const std::string dir = temporary_dir();
  for (std::filesystem::directory_iterator entry(dir, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(prefix) || !is_number(std::string_view(name).substr(prefix.size())))
      continue;
    if (is_ours_and_younger(dir + "/" + name, started_ns)) found.push_back(dir + "/" + name);
  }
  return found;
}

// The candidate whose path is in `bytes`, whole: the next byte is no digit.
std::string named_in(std::string_view bytes, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    for (std::size_t at = bytes.find(path); at != std::string_view::npos;
         at = bytes.find(path, at + 1)) {
      const std::size_t end = at + path.size();
      if (end < bytes.size() && isdigit(static_cast<unsigned char>(bytes[end])) == 0) return path;
    }
  }
  return "";
}

std::string find_in_range(int memory, unsigned long from, unsigned long to,
                          const std::vector<std::string>& paths) {
  std::vector<char> bytes(1 << 20);
  constexpr unsigned long overlap = 4096;
  while (from < to) {
    const std::size_t want = std::min<std::size_t>(bytes.size(), to - from);
    const ssize_t n = pread(memory, bytes.data(), want, static_cast<off_t>(from));
    if (n <= 0) return "";
    const std::string found = named_in({bytes.data(), static_cast<std::size_t>(n)}, paths);
    if (!found.empty()) return found;
    if (static_cast<std::size_t>(n) <= overlap) return "";
    from += static_cast<std::size_t>(n) == want && from + want < to ? want - overlap
                                                                    : static_cast<std::size_t>(n);
  }
  return "";
}

}  // namespace

std::string work_dir_of(pid_t go, long long started_ns) {
  const std::vector<std::string> paths = candidates(started_ns);
  if (paths.empty()) return "";
  const std::string proc = "/proc/" + std::to_string(go);
  const recovery::Fd memory(open((proc + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::ifstream maps(proc + "/maps");
  std::size_t searched = 0;
  for (std::string line; memory && std::getline(maps, line) && searched < most_memory;) {
    unsigned long from = 0;
    unsigned long to = 0;
    char mode[5] = {};
    unsigned long inode = 1;
    if (sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %lu", &from, &to, mode, &inode) != 4) continue;
    if (inode != 0 || strncmp(mode, "rw", 2) != 0) continue;  // the heap is anonymous
    searched += to - from;
    const std::string found = find_in_range(memory.get(), from, to, paths);
    if (!found.empty()) return found;
  }
  return "";
}

void remove_work_dir(const std::string& dir) {
  std::error_code ignored;
  if (!dir.empty()) std::filesystem::remove_all(dir, ignored);
}

}  // namespace shim

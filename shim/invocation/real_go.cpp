#include "shim/invocation/real_go.hpp"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "recovery/os/fd.hpp"
#include "shim/process/proc.hpp"

namespace shim {
namespace {

// The mark that tells a gomend from a go. The linker puts notes right behind the program headers,
// and neither strip nor
// --gc-sections takes them away.
struct Note {
  std::uint32_t name_size, desc_size, type;
  char name[8];
  char desc[20];
};
constexpr char mark[] = "a go that mends, v1";
[[gnu::section(".note.gomend"), gnu::used, gnu::retain, gnu::aligned(4)]] const Note note = {
    7, sizeof mark, 1, "gomend", "a go that mends, v1"};

constexpr std::size_t mark_within = 8192;  // bytes from the start of the file

struct Start {
  char bytes[mark_within];
  std::size_t size = 0;
  bool starts_with(std::string_view text) const {
    return std::string_view(bytes, size).starts_with(text);
  }
};

bool read_start(const char* path, Start& start) {
  const recovery::Fd file(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return false;
  const ssize_t n = read(file.get(), start.bytes, sizeof start.bytes);
  start.size = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0;
}

bool carries_mark(const Start& start) {
  return start.starts_with("\177ELF") &&
         memmem(start.bytes, start.size, mark, sizeof mark) != nullptr;
}

// The note that Go's linker gives every program, near its start: name size 4, description size,
// type 4, "Go". A version manager's program that stands under the name go has none.
bool is_go_program(const Start& start) {
  static constexpr char tail[] = "\4\0\0\0Go\0";
  return start.starts_with("\177ELF") &&
         memmem(start.bytes, start.size, tail, sizeof tail) != nullptr;
}

bool is_ourselves(const struct stat& candidate) {
  struct stat self;
  return stat("/proc/self/exe", &self) == 0 && self.st_dev == candidate.st_dev &&
         self.st_ino == candidate.st_ino;
}

// How often this very chain of processes has already come through a version manager, by
// GOMEND_VIA=<pid>:<count>. One is let through twice (a nested go of the user's may look the same),
// then passed over.
int times_through_manager() {
  const char* via = getenv("GOMEND_VIA");
  int pid = 0;
  int count = 0;
  if (via == nullptr || sscanf(via, "%d:%d", &pid, &count) != 2) return 0;
  const pid_t parent = getppid();
  const bool same_chain = pid == getpid() || pid == parent || pid == parent_of(parent);
  return same_chain ? count : 0;
}

bool is_passed_over() {
  return times_through_manager() >= 2;
}

std::optional<RealGo> accept(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  if (access(path.c_str(), X_OK) != 0) return std::nullopt;
  Start start;
  if (!read_start(path.c_str(), start)) {  // 0711: can be run, not read
    return is_ourselves(facts) ? std::nullopt : std::optional(RealGo{path, ""});
  }
  if (carries_mark(start)) return std::nullopt;
  if (is_go_program(start)) return RealGo{path, ""};
  const int times = times_through_manager();
  if (times >= 2) return std::nullopt;
  return RealGo{path, std::to_string(getpid()) + ":" + std::to_string(times + 1)};
}

std::optional<RealGo> first_on_path(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = path.find(':');
    const std::string_view dir = path.substr(0, end);
    path = end == std::string_view::npos ? "" : path.substr(end + 1);
    // An empty or relative entry means the working directory: Go itself refuses to run programs
    // found that way.
    if (!dir.starts_with('/')) continue;
    if (auto found = accept(std::string(dir) + "/go")) return found;
  }
  return std::nullopt;
}

std::string text_of(const char* variable) {
  const char* value = getenv(variable);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<RealGo> find_real_go() {
  if (const std::string named = text_of("GOMEND_REAL_GO"); !named.empty()) {
    auto found = named.starts_with('/') ? accept(named) : std::nullopt;
    // A version manager that has called back twice wants to be passed over.
    if (found || !is_passed_over()) return found;
  }
  if (auto found = first_on_path(text_of("PATH"))) return found;
  for (const std::string& root :
       {text_of("GOROOT"), std::string("/usr/local/go"), std::string("/usr/lib/go"),
        std::string("/usr/lib/golang"), text_of("HOME") + "/sdk/go", text_of("HOME") + "/.local/go",
        std::string("/snap/go/current")}) {
    if (!root.starts_with('/')) continue;
    if (auto found = accept(root + "/bin/go")) return found;
  }
  return std::nullopt;
}

NoGo why_no_go() {
  const std::string named = text_of("GOMEND_REAL_GO");
  if (named.empty())
    return {"no go found on PATH or in /usr/local/go",
            "set GOMEND_REAL_GO to the path of the real go", 127};
  const auto because = [&](const std::string& why, int code) {
    return NoGo{"GOMEND_REAL_GO=" + named + ": " + why, "unset GOMEND_REAL_GO", code};
  };
  if (!named.starts_with('/')) return because("not an absolute path", 127);
  struct stat facts;
  if (stat(named.c_str(), &facts) != 0)
    return because(strerror(errno), errno == ENOENT || errno == ENOTDIR ? 127 : 126);
  if (S_ISDIR(facts.st_mode)) return because("is a directory", 126);
  if (!S_ISREG(facts.st_mode)) return because("not a regular file", 126);
  if (access(named.c_str(), X_OK) != 0) return because(strerror(errno), 126);
  if (is_ourselves(facts) || is_gomend(named.c_str())) return because("is gomend, not go", 126);
  return because("can't be run", 126);
}

bool is_program_or_script(const std::string& path) {
  Start start;
  return !read_start(path.c_str(), start) || start.starts_with("\177ELF") ||
         start.starts_with("#!");
}

bool is_gomend(const char* path) {
  Start start;
  return read_start(path, start) && carries_mark(start);
}

}  // namespace shim

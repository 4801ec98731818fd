#include "shim/process/work_dir.hpp"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

#include "recovery/os/root.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/settings/go_env.hpp"
#include "shim/process/descendants.hpp"
#include "shim/process/proc.hpp"

namespace shim {
namespace {

constexpr std::string_view prefix = "go-build";
constexpr long long clock_tick = 10'000'000;  // file times lag behind the clock by up to a tick

// Tools that go starts with the place of their result, and the flag before it.
struct Tool {
  std::string_view name, flag;
};
constexpr std::array<Tool, 4> tools = {
    {{"compile", "-o"}, {"link", "-o"}, {"asm", "-o"}, {"cgo", "-objdir"}}};

std::string temporary_dir() {
  if (const std::string dir = recovery::go_setting("GOTMPDIR"); !dir.empty()) return dir;
  const char* dir = getenv("TMPDIR");
  return dir != nullptr && *dir != '\0' ? dir : "/tmp";
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) == nullptr ? "" : resolved;
}

// GOROOT/pkg/tool of the go that runs there.
std::string tools_of(pid_t go) {
  const std::string program = real_path(in_proc(go, "exe"));
  const std::size_t bin = program.rfind("/bin/");
  return bin == program.npos ? "" : real_path(program.substr(0, bin) + "/pkg/tool");
}

std::vector<std::string> words_of(pid_t pid) {
  const std::string text = read_proc(pid, "cmdline");  // its beginning is enough
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    if (end == text.npos) break;
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// "/tmp/go-build1/b003/_pkg_.a", if this child is one of go's own tools.
std::string result_of(pid_t child, const std::string& dir_of_tools) {
  const std::string program = real_path(in_proc(child, "exe"));
  if (dir_of_tools.empty() || !program.starts_with(dir_of_tools + "/")) return "";
  const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
  const auto tool = std::ranges::find(tools, name, &Tool::name);
  if (tool == tools.end()) return "";
  const std::vector<std::string> words = words_of(child);
  const auto flag = std::ranges::find(words, tool->flag);
  return flag == words.end() || flag + 1 == words.end() ? "" : *(flag + 1);
}

// "go-build1" of "/tmp/go-build1/b003/_pkg_.a"; "" where it does not lie there.
std::string name_in(const std::string& parent, const std::string& result) {
  if (!result.starts_with(parent + "/")) return "";
  const std::string rest = result.substr(parent.size() + 1);
  const std::size_t slash = rest.find('/');
  const bool is_below = slash != rest.npos && rest.substr(slash).starts_with("/b");
  const std::string name = rest.substr(0, slash);
  return is_below && name.starts_with(prefix) && is_number(name.substr(prefix.size())) ? name : "";
}

bool is_ours_and_younger(WorkDir& dir, long long started_ns) {
  struct statx facts = {};
  const std::string path = dir.parent + "/" + dir.name;
  const unsigned wanted = STATX_TYPE | STATX_UID | STATX_INO | STATX_BTIME;
  // Not the time of its last change: who goes on building changes it all the time.
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, wanted, &facts) != 0 ||
      (facts.stx_mask & wanted) != wanted || !S_ISDIR(facts.stx_mode) || facts.stx_uid != geteuid())
    return false;
  struct stat same = {};
  if (lstat(path.c_str(), &same) != 0 || same.st_ino != facts.stx_ino) return false;
  dir.device = same.st_dev;
  dir.inode = same.st_ino;
  return facts.stx_btime.tv_sec * 1'000'000'000LL + facts.stx_btime.tv_nsec >=
         started_ns - clock_tick;
}

}  // namespace

std::optional<WorkDir> work_dir_of(pid_t go, long long started_ns) {
  WorkDir dir;
  dir.parent = temporary_dir();
  while (dir.parent.size() > 1 && dir.parent.ends_with('/')) dir.parent.pop_back();
  const std::string dir_of_tools = tools_of(go);
  for (const pid_t child : children_of(go)) {
    const std::string result = result_of(child, dir_of_tools);
    if (result.empty()) continue;
    const std::string name = name_in(dir.parent, result);
    if (name.empty() || (!dir.name.empty() && name != dir.name)) return std::nullopt;
    dir.name = name;
  }
  if (dir.name.empty() || !is_ours_and_younger(dir, started_ns)) return std::nullopt;
  return dir;
}

void remove_work_dir(const WorkDir& dir) {
  try {
    const recovery::Root parent(dir.parent);
    const recovery::Stat now = parent.stat(dir.name);
    const bool is_same = now.kind == recovery::Kind::directory && now.st.st_dev == dir.device &&
                         now.st.st_ino == dir.inode;
    if (is_same) parent.remove_tree(dir.name);
  } catch (const std::system_error& failure) {
    recovery::trace(std::string("the temporary directory of go is left: ") + failure.what());
  }
}

}  // namespace shim

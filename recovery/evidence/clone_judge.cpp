#include "recovery/evidence/clone_judge.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <initializer_list>
#include <string_view>

#include "recovery/go/clone_key.hpp"
#include "recovery/os/env.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 60s;  // for reading one clone

// The first line of the text that begins so.
std::string first_line(const std::string& text,
                       std::initializer_list<std::string_view> beginnings) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    for (const std::string_view beginning : beginnings) {
      if (line.starts_with(beginning)) return line;
    }
    begin = end + 1;
  }
  return {};
}

std::string first_error(const std::string& text) {
  return first_line(text, {"error: ", "fatal: "});
}

std::string one_line(const std::string& out) {
  return out.substr(0, out.find('\n'));
}

}  // namespace

bool is_alive(int pid) {
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

CloneJudge::CloneJudge(const std::vector<std::string>& env)
    : git_(program_on_path(env, "git")),
      hg_(program_on_path(env, "hg")),
      git_env_(env),
      hg_env_(env) {
  std::erase_if(git_env_, [](const std::string& variable) { return variable.starts_with("GIT_"); });
  for (const char* variable :
       {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_OPTIONAL_LOCKS=0",
        "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C"}) {
    git_env_.emplace_back(variable);
  }
  set_env(hg_env_, "HGPLAIN", "1");
  set_env(hg_env_, "LC_ALL", "C");
}

bool CloneJudge::is_hg(const std::string& clone) {
  struct stat st;
  return ::lstat((clone + "/.hg").c_str(), &st) == 0;
}

std::string CloneJudge::fault_of(const std::string& clone, bool at_a_glance) const {
  if (is_hg(clone)) return at_a_glance ? std::string() : fault_of_hg(clone);
  if (!at_a_glance) return fault_of_git(clone);
  const RunResult answer = ask_git(clone, {"rev-parse", "--git-dir"});
  return answer.ok || answer.exit_code < 0 ? std::string() : first_error(answer.err);
}

std::string CloneJudge::key_of(const std::string& clone) const {
  const bool by_hg = is_hg(clone);
  const RunResult answer = by_hg ? ask_hg(clone, {"config", "paths.default"})
                                 : ask_git(clone, {"config", "--get", "remote.origin.url"});
  return answer.ok ? clone_key(by_hg ? "hg" : "git", one_line(answer.out)) : std::string();
}

std::string CloneJudge::fault_of_git(const std::string& clone) const {
  const RunResult fsck = ask_git(clone, {"fsck", "--full", "--no-dangling", "--no-progress"});
  if (fsck.ok || fsck.exit_code < 0) return {};
  // 1 alone may be an old commit that is odd, not damaged: "error in commit …".
  const std::string line = first_error(fsck.err);
  if (fsck.exit_code == 1 && line.empty()) return {};
  return line.empty() ? "git fsck ends with " + std::to_string(fsck.exit_code) : line;
}

// It ends with 0 where it only warns: of what it can do without, and mends by itself.
std::string CloneJudge::fault_of_hg(const std::string& clone) const {
  const RunResult verify = ask_hg(clone, {"verify", "--quiet", "--config", "ui.timeout=1"});
  if (verify.ok || verify.exit_code < 0) return {};
  std::string line = first_line(verify.err, {"abort: ", "config error"});
  if (line.empty())
    line = first_line(verify.out + verify.err, {" "});  // " d.go@0: broken revlog! …"
  if (line.empty()) return "hg verify ends with " + std::to_string(verify.exit_code);
  return line.substr(line.find_first_not_of(' '));
}

RunResult CloneJudge::ask_git(const std::string& clone,
                              const std::vector<std::string>& words) const {
  if (git_.empty()) return {};
  std::vector<std::string> argv{
      git_, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "--git-dir=" + clone};
  argv.insert(argv.end(), words.begin(), words.end());
  return run(argv, git_env_, "/", limit);
}

RunResult CloneJudge::ask_hg(const std::string& clone,
                             const std::vector<std::string>& words) const {
  if (hg_.empty()) return {};
  std::vector<std::string> argv{hg_, "--repository", clone, "--noninteractive"};
  argv.insert(argv.end(), words.begin(), words.end());
  return run(argv, hg_env_, "/", limit);
}

bool CloneJudge::is_hg_lock_held(const std::string& holder) {
  std::array<char, 256> host{};
  struct stat pids;
  if (::gethostname(host.data(), host.size() - 1) != 0) return true;
  const std::size_t colon = holder.rfind(':');
  const std::size_t slash = holder.rfind('/', colon);
  if (colon == holder.npos || holder.substr(0, std::min(slash, colon)) != host.data()) return false;
  if (slash != holder.npos && ::stat("/proc/self/ns/pid", &pids) == 0) {
    unsigned long long inode = 0;
    std::from_chars(holder.data() + slash + 1, holder.data() + colon, inode, 16);
    if (inode != pids.st_ino) return false;
  }
  pid_t pid = 0;
  std::from_chars(holder.data() + colon + 1, holder.data() + holder.size(), pid);
  return pid > 0 && is_alive(pid);
}

}  // namespace recovery

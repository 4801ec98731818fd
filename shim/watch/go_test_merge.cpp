#include "shim/watch/go_test_merge.hpp"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "shim/process/pipes.hpp"
#include "shim/watch/attempt.hpp"
#include "shim/watch/lacking.hpp"

namespace shim {
namespace {

std::string profile_of(const Session& session) {
  if (session.command.coverprofile_at < 0) return "";
  const std::string& word = session.argv[static_cast<std::size_t>(session.command.coverprofile_at)];
  const bool with_name = word.starts_with('-');
  return with_name ? word.substr(word.find('=') + 1) : word;
}

// Where go writes it: relative to its own working directory.
std::string path_for_us(const Session& session, const std::string& profile) {
  if (profile.starts_with('/') || session.command.dir.empty()) return profile;
  return session.command.dir + "/" + profile;
}

// go makes it anew, and we add to it: a terminal, a pipe, a directory or a name of the kernel's is
// nothing to add to.
bool can_be_added_to(const std::string& path) {
  const bool is_devices = path.starts_with("/dev/") && !path.starts_with("/dev/shm/");
  if (is_devices || path.starts_with("/proc/")) return false;
  std::error_code ignored;
  const auto kind = std::filesystem::status(path, ignored).type();
  return kind == std::filesystem::file_type::regular ||
         kind == std::filesystem::file_type::not_found;
}

// A directory of our own, for what the second run writes and only we read.
class OwnDirectory {
 public:
  OwnDirectory() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/gomend-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), path_);
  }
  ~OwnDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> packages_asked_for(const Session& session) {
  const recovery::RunResult answer =
      recovery::run(list_command(session), env_of(session.env), ".", std::chrono::minutes(1));
  std::vector<std::string> packages;
  std::istringstream lines(answer.ok ? answer.out : "");
  for (std::string package; std::getline(lines, package);) packages.push_back(package);
  return packages;
}

}  // namespace

bool may_join(const Session& session, const recovery::acting::Command& command) {
  const std::string profile = profile_of(session);
  return session.command.joinable && command.is_repeatable && !command.advise_only &&
         !command.has_users_tool &&
         (profile.empty() || can_be_added_to(path_for_us(session, profile)));
}

Rest rest_of(const Session& session, const TestAttempt& first) {
  Rest rest;
  const std::vector<std::string> asked_for = packages_asked_for(session);
  const auto is_announced = [&](const std::string& package) {
    return std::ranges::find(first.never_started, package) != first.never_started.end();
  };
  for (const std::string& package : asked_for) {
    if (is_announced(package)) rest.packages.push_back(package);
  }
  if (rest.packages.empty()) return rest;
  // A go up to 1.23 is silent about packages without tests that could not be built.
  for (const std::string& package : asked_for) {
    const bool is_told = first.seen.contains(package) || first.results.has(package);
    if (!is_told && !is_announced(package)) rest.packages.push_back(package);
  }
  rest.is_all = rest.packages.size() == asked_for.size() && !first.stdout_used;
  const bool is_named = std::ranges::find(rest.packages, "command-line-arguments") ==
                        rest.packages.end();  // go's name for files
  if (!rest.is_all && !is_named) rest.packages.clear();
  return rest;
}

std::vector<std::string> with_packages(const Session& session,
                                       const std::vector<std::string>& packages) {
  std::vector<std::string> argv = session.argv;
  const auto& places = session.command.packages;
  if (places.empty()) return argv;
  const auto first = argv.begin() + places.front();
  argv.erase(first, first + static_cast<long>(
                                places.size()));  // go takes one run of them, without flags between
  argv.insert(argv.begin() + places.front(), packages.begin(), packages.end());
  return argv;
}

void append_profile(const std::string& to, const std::string& from) {
  std::ifstream blocks(from);
  std::error_code ignored;
  const bool empty =
      !std::filesystem::exists(to, ignored) || std::filesystem::file_size(to, ignored) == 0;
  std::ofstream joined(to, std::ios::app);
  for (std::string line; std::getline(blocks, line);) {
    if (empty || !line.starts_with("mode: ")) joined << line << "\n";
  }
}

ExitStatus run_the_rest(const Session& session, const Rest& rest, bool others_failed,
                        const Signals& signals) {
  if (rest.is_all) return attempt_unwatched(session, session.argv, signals).status;
  Session second = session;
  const std::string profile = profile_of(session);
  std::optional<OwnDirectory> own;
  std::string beside;
  if (!profile.empty()) {
    own.emplace();
    beside = own->path() + "/cover.out";
    std::string& word = second.argv[static_cast<std::size_t>(session.command.coverprofile_at)];
    word.replace(word.size() - profile.size(), profile.size(), beside);
  }
  const Attempt run = attempt_unwatched(second, with_packages(second, rest.packages), signals);
  if (!profile.empty()) append_profile(path_for_us(session, profile), beside);
  if (!run.status.success() || !others_failed) return run.status;
  if (!session.command.json) write_all(STDOUT_FILENO, "FAIL\n");
  return ExitStatus::exited(1);
}

}  // namespace shim

#include "shim/test_join.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "recovery/run.hpp"
#include "shim/attempt.hpp"
#include "shim/pipes.hpp"

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

// Flags of `go test` that change which packages a pattern means.
bool chooses_packages(std::string_view flag) {
  for (const std::string_view name : {"tags", "mod", "modfile", "overlay", "modcacherw"}) {
    if (flag == name) return true;
  }
  return false;
}

std::vector<std::string> list_command(const Session& session) {
  const auto& argv = session.argv;
  std::vector<std::string> list = {session.go};
  if (!session.command.dir.empty()) list.insert(list.end(), {"-C", session.command.dir});
  list.push_back("list");
  for (std::size_t i = static_cast<std::size_t>(session.command.flags_at); i < argv.size(); ++i) {
    if (!argv[i].starts_with('-')) continue;
    const std::string flag = argv[i].substr(argv[i].starts_with("--") ? 2 : 1);
    if (!chooses_packages(flag.substr(0, flag.find('=')))) continue;
    list.push_back(argv[i]);
    if (flag.find('=') == flag.npos && flag != "modcacherw" && i + 1 < argv.size())
      list.push_back(argv[++i]);
  }
  for (const int at : session.command.packages) list.push_back(argv[static_cast<std::size_t>(at)]);
  return list;
}

// A go up to 1.23 is silent about packages without tests that could not be built: what was asked
// for and has no line has not started either.
std::vector<std::string> never_mentioned(const Session& session, const TestAttempt& first) {
  const recovery::RunResult answer =
      recovery::run(list_command(session), env_of(session.env), ".", std::chrono::minutes(1));
  std::vector<std::string> packages;
  std::istringstream lines(answer.ok ? answer.out : "");
  for (std::string package; std::getline(lines, package);) {
    if (!first.seen.contains(package)) packages.push_back(package);
  }
  return packages;
}

}  // namespace

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
  blocks.close();
  std::filesystem::remove(from, ignored);
}

ExitStatus run_the_rest(const Session& session, const TestAttempt& first, const Signals& signals) {
  Session second = session;
  const std::string profile = profile_of(session);
  const std::string beside = profile + ".gomend-" + std::to_string(getpid());
  if (!profile.empty()) {
    std::string& word = second.argv[static_cast<std::size_t>(session.command.coverprofile_at)];
    word.replace(word.size() - profile.size(), profile.size(), beside);
  }
  std::vector<std::string> packages = first.hits;
  for (std::string& package : never_mentioned(session, first))
    packages.push_back(std::move(package));
  const Attempt rest = attempt_unwatched(second, with_packages(second, packages), signals);
  if (!profile.empty()) append_profile(path_for_us(session, profile), path_for_us(session, beside));
  if (!rest.status.success() || !first.others_failed) return rest.status;
  if (!session.command.json) write_all(STDOUT_FILENO, "FAIL\n");
  return first.status;
}

}  // namespace shim

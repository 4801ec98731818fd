#include "shim/test_join.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

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
  const Attempt rest = attempt_unwatched(second, with_packages(second, first.hits), signals);
  if (!profile.empty()) append_profile(path_for_us(session, profile), path_for_us(session, beside));
  if (!rest.status.success() || !first.others_failed) return rest.status;
  if (!session.command.json) write_all(STDOUT_FILENO, "FAIL\n");
  return first.status;
}

}  // namespace shim

#include "tests/bed/gos.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "tests/bed/files.hpp"
#include "tests/bed/process.hpp"

namespace tests {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> candidates() {
  std::vector<fs::path> all;
  std::istringstream named(variable("GOMEND_TEST_GOS"));
  for (std::string go; std::getline(named, go, ':');) all.emplace_back(go);
  if (!all.empty()) return all;
  std::istringstream path(variable("PATH"));
  for (std::string dir; std::getline(path, dir, ':');) all.push_back(fs::path(dir) / "go");
  if (fs::is_directory("/usr/lib")) {
    for (const auto& entry : fs::directory_iterator("/usr/lib")) {
      if (entry.path().filename().string().starts_with("go-"))
        all.push_back(entry.path() / "bin/go");
    }
  }
  all.emplace_back("/usr/local/go/bin/go");
  return all;
}

// Asks the candidate; GOROOT leads to the toolchain itself, behind links and wrappers.
std::optional<Go> check_modules(const fs::path& candidate) {
  std::error_code ignored;
  if (!fs::is_regular_file(candidate, ignored)) return std::nullopt;
  const fs::path home = work_dir() / "home";  // go notes its telemetry there
  const Env env = {{"PATH", variable("PATH")},
                   {"HOME", home.string()},
                   {"GOENV", "off"},
                   {"GOTOOLCHAIN", "local"},
                   {"GOMEND", "off"}};
  const Ran ran = run({candidate.string(), "env", "GOROOT", "GOVERSION"}, {.env = env, .cwd = "/"});
  std::istringstream lines(ran.out);
  std::string root;
  Go go;
  if (ran.code() != 0 || !std::getline(lines, root) || !std::getline(lines, go.version))
    return std::nullopt;
  go.version = go.version.substr(0, go.version.find(' '));  // "go1.26.8 X:experiment"
  if (!go.version.starts_with("go1.")) return std::nullopt;
  go.minor = std::atoi(go.version.c_str() + 4);
  go.path = fs::path(root) / "bin/go";
  return go;
}

std::vector<Go> find_gos() {
  write_file(work_dir() / "home/.config/go/telemetry/mode", "off");
  std::vector<Go> all;
  for (const auto& candidate : candidates()) {
    const auto go = check_modules(candidate);
    if (!go) continue;
    const bool known = std::any_of(all.begin(), all.end(),
                                   [&](const Go& other) { return other.version == go->version; });
    if (!known) all.push_back(*go);
  }
  if (all.empty())
    throw std::runtime_error("no go toolchain: install golang-go or name one in GOMEND_TEST_GOS");
  std::sort(all.begin(), all.end(), [](const Go& a, const Go& b) {
    return std::tie(a.minor, a.version) < std::tie(b.minor, b.version);
  });
  return all;
}

}  // namespace

const std::vector<Go>& gos() {
  static const std::vector<Go> all = find_gos();
  return all;
}

std::vector<Go> gos_of_row(std::size_t n, int since) {
  std::vector<Go> able;
  for (const Go& go : gos()) {
    if (go.minor >= since) able.push_back(go);
  }
  if (all_ways() || able.size() < 2) return able;
  return {able[n % able.size()]};
}

bool all_ways() {
  return variable("GOMEND_TEST_FULL") == "1";
}

}  // namespace tests

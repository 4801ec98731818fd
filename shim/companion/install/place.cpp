#include "shim/companion/install/place.hpp"

#include <unistd.h>

#include <filesystem>

#include "shim/companion/frame/output.hpp"
#include "shim/companion/install/ground.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

std::string absolute(const std::string& path) {
  std::string text = std::filesystem::absolute(path).lexically_normal();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

Installation chosen_place(const ParsedArguments& given, const std::vector<std::string>& env) {
  const bool is_system = given.has("system");
  if (given.has("root") && !is_system) throw UsageError("--root goes with --system");
  if (is_system) {
    Installation place{system_dir, true};
    if (given.has("dir")) throw UsageError("--system and --dir exclude each other");
    if (given.has("root")) {
      place.root = absolute(given.value("root"));
      if (!std::filesystem::is_directory(place.root))
        throw UsageError(place.root + " is not a directory");
      if (place.root == "/") place.root = "";
    }
    const std::string usr = Ground(place.root).through("/usr");
    if (access(usr.c_str(), W_OK) != 0 && access(usr.c_str(), F_OK) == 0)
      throw UsageError("--system writes to " + place.root +
                       "/usr: permission denied (run it as root)");
    return place;
  }
  if (given.has("dir")) {
    if (given.value("dir").empty()) throw UsageError("--dir needs a directory");
    const std::string dir = absolute(given.value("dir"));
    if (dir == "/") throw UsageError("gomend needs a directory of its own");
    return Installation{dir};
  }
  const auto place = user_installation(env);
  if (!place) throw UsageError("HOME is not set; use --dir DIRECTORY or --system");
  return *place;
}

void tell(const Done& done, bool is_dry) {
  const std::string head = is_dry ? "would: " : "";
  for (const std::string& line : done.lines) write_out(head + printable(line) + "\n");
  for (const std::string& problem : done.problems)
    write_all(STDERR_FILENO, "gomend: " + printable(problem) + "\n");
}

}  // namespace shim

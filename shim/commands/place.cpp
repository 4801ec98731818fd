#include "shim/commands/place.hpp"

#include <unistd.h>

#include <filesystem>

#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

std::string absolute(const std::string& path) {
  std::string text = std::filesystem::absolute(path).lexically_normal();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

Installation chosen_place(const Chosen& chosen, const std::vector<std::string>& env) {
  const bool is_system = chosen.has("system");
  if (chosen.has("root") && !is_system) throw Misuse("--root goes with --system");
  if (is_system) {
    Installation place{system_dir, true};
    if (chosen.has("dir")) throw Misuse("--system and --dir exclude each other");
    if (chosen.has("root")) {
      place.root = absolute(chosen.value("root"));
      if (!std::filesystem::is_directory(place.root)) throw Misuse(place.root + " is no directory");
      if (place.root == "/") place.root = "";
    }
    if (access(place.at("/usr").c_str(), W_OK) != 0 && access(place.at("/usr").c_str(), F_OK) == 0)
      throw Misuse("--system writes to " + place.at("/usr") + ": only root may do that here");
    return place;
  }
  if (chosen.has("dir")) {
    if (chosen.value("dir").empty()) throw Misuse("--dir wants a directory");
    const std::string dir = absolute(chosen.value("dir"));
    if (dir == "/") throw Misuse("gomend wants a directory of its own");
    return Installation{dir};
  }
  const auto place = user_installation(env);
  if (!place) throw Misuse("HOME is not set; give --dir DIRECTORY or --system");
  return *place;
}

void tell(const Done& done, bool is_dry) {
  const std::string head = is_dry ? "would: " : "";
  for (const std::string& line : done.lines)
    write_all(STDOUT_FILENO, head + printable(line) + "\n");
  for (const std::string& problem : done.problems)
    write_all(STDERR_FILENO, "gomend: " + printable(problem) + "\n");
}

}  // namespace shim

#include "recovery/go/project_files.hpp"

#include <sys/stat.h>

#include <sstream>

#include "recovery/go/go_mod.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"

namespace recovery {

bool has_conflict(const std::string& file) {
  return line_of_conflict(file) > 0;
}

int line_of_conflict(const std::string& file) {
  std::istringstream lines(read_text_file(file));
  int number = 0, ours = 0;
  bool is_behind_middle = false;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (ours == 0 && line.starts_with("<<<<<<< ")) ours = number;
    is_behind_middle = is_behind_middle || (ours > 0 && line == "=======");
    if (is_behind_middle && line.starts_with(">>>>>>> ")) return ours;
  }
  return 0;
}

std::vector<LocalReplace> local_replacements(const std::string& file) {
  std::vector<LocalReplace> found;
  for (const Directive& d : read_directives(read_text_file(file))) {
    if (d.name != "replace" || d.words.size() < 3) continue;
    const std::size_t arrow = d.words[1] == "=>" ? 1 : 2;
    if (d.words.size() != arrow + 2 || d.words[arrow] != "=>") continue;
    const std::string& target = d.words[arrow + 1];
    const bool is_absolute = target.starts_with("/");
    if (!is_absolute && !target.starts_with("./") && !target.starts_with("../")) continue;
    const auto dir = clean_path(is_absolute ? target : directory_of(file) + "/" + target);
    if (!dir) continue;
    found.push_back(
        {file, d.words[0] + (arrow == 2 ? "@" + d.words[1] : ""), d.words[0], target, *dir});
  }
  return found;
}

}  // namespace recovery

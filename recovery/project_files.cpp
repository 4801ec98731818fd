#include "recovery/project_files.hpp"

#include <sys/stat.h>

#include "recovery/go_mod.hpp"
#include "recovery/layout.hpp"

namespace recovery {

bool exists(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

bool has_conflict(const std::string& file) {
  const std::string text = "\n" + read_text_file(file);
  const std::size_t ours = text.find("\n<<<<<<< ");
  const std::size_t middle = ours == text.npos ? ours : text.find("\n=======\n", ours);
  return middle != text.npos && text.find("\n>>>>>>> ", middle) != text.npos;
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

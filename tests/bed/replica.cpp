#include "tests/bed/replica.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

#include "tests/bed/files.hpp"

namespace tests {
namespace {

// What must not have changed since the entry was copied.
struct Mark {
  mode_t mode = 0;  // with the kind
  ino_t inode = 0;
  std::int64_t size = 0;
  std::int64_t ctime = 0;

  bool operator==(const Mark&) const = default;
};

using Notes =
    std::map<std::string, Mark>;  // by path below the directory; parents sort before their entries

Mark mark_of(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return {info.st_mode, info.st_ino, 0, 0};
  return {info.st_mode, info.st_ino, info.st_size,
          info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec};
}

struct stat stat_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    throw std::system_error(errno, std::generic_category(), path.string());
  return info;
}

// Empty if the copy is none of this original.
Notes read_notes(const fs::path& original, const fs::path& file) {
  Notes notes;
  if (!fs::exists(file)) return notes;
  std::istringstream lines(read_file(file));
  std::string first;
  if (!std::getline(lines, first) || first != original.string()) return notes;
  Mark mark;
  std::string path;
  while (lines >> mark.mode >> mark.inode >> mark.size >> mark.ctime && lines.get() &&
         std::getline(lines, path)) {
    notes[path] = mark;
  }
  return notes;
}

void write_notes(const fs::path& original, const fs::path& file, const Notes& notes) {
  std::string text = original.string() + "\n";
  for (const auto& [path, mark] : notes) {
    text += std::to_string(mark.mode) + " " + std::to_string(mark.inode) + " " +
            std::to_string(mark.size) + " " + std::to_string(mark.ctime) + " " + path + "\n";
  }
  write_file(file, text);
}

std::set<std::string> names_in(int directory) {
  std::set<std::string> names;
  DIR* stream = ::fdopendir(::dup(directory));
  if (stream == nullptr) throw std::system_error(errno, std::generic_category(), "fdopendir");
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.insert(name);
  }
  ::closedir(stream);
  return names;
}

// Removes what the notes can't vouch for; `kept` is what may stay.
class Pruner {
 public:
  Pruner(const fs::path& copy, const Notes& notes, std::set<std::string>& kept)
      : copy_(copy), notes_(notes), kept_(kept) {}

  void prune(const std::string& path) {
    const fs::path full = copy_ / path;
    const int directory = ::open(full.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return remove(path);
    for (const auto& name : names_in(directory)) {
      const std::string child = path.empty() ? name : path + "/" + name;
      struct stat info {};
      const bool found = ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
      const auto known = notes_.find(child);
      if (!found || known == notes_.end() || known->second != mark_of(info)) {
        remove(child);
        continue;
      }
      kept_.insert(child);
      if (S_ISDIR(info.st_mode)) prune(child);
    }
    ::close(directory);
  }

 private:
  void remove(const std::string& path) {
    const Writable parent((copy_ / path).parent_path());
    remove_tree(copy_ / path);
  }

  const fs::path& copy_;
  const Notes& notes_;
  std::set<std::string>& kept_;
};

std::set<std::string> paths_of(const fs::path& original, const Notes& notes) {
  std::set<std::string> paths;
  for (const auto& [path, mark] : notes) paths.insert(path);
  if (!paths.empty()) return paths;
  for (const auto& entry : fs::recursive_directory_iterator(original)) {
    paths.insert(entry.path().lexically_relative(original).string());
  }
  return paths;
}

// Copies what is missing. Directories get their modes last: a tree's are 0555.
void complete(const fs::path& original, const fs::path& copy, const std::set<std::string>& missing,
              Notes& notes) {
  for (const auto& path : missing) {
    const Writable parent((copy / path).parent_path());
    if (fs::is_directory(fs::symlink_status(original / path))) {
      fs::create_directory(copy / path);
    } else {
      copy_tree(original / path, copy / path);
      notes[path] = mark_of(stat_of(copy / path));
    }
  }
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    const auto mode = stat_of(original / *path).st_mode;
    if (!S_ISDIR(mode)) continue;
    ::chmod((copy / *path).c_str(), mode & 07777);
    notes[*path] = mark_of(stat_of(copy / *path));
  }
}

}  // namespace

void replicate(const fs::path& original, const fs::path& copy, const fs::path& notes_file) {
  Notes notes = read_notes(original, notes_file);
  if (notes.empty() || !fs::is_directory(fs::symlink_status(copy))) remove_tree(copy);
  fs::create_directories(copy);
  ::chmod(copy.c_str(), 0700);
  std::set<std::string> kept;
  Pruner(copy, notes, kept).prune("");
  std::set<std::string> missing;
  for (const auto& path : paths_of(original, notes)) {
    if (!kept.contains(path)) missing.insert(path);
  }
  if (!missing.empty()) {
    remove_tree(notes_file);  // if we are killed now, all is copied again
    complete(original, copy, missing, notes);
    write_notes(original, notes_file, notes);
  }
  ::chmod(copy.c_str(), stat_of(original).st_mode & 07777);
}

}  // namespace tests

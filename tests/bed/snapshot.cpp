#include "tests/bed/snapshot.hpp"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bed/files.hpp"

namespace tests {
namespace {

std::string digest_of(const fs::path& path) {
  if (::access(path.c_str(), R_OK) != 0) return "unreadable";
  return sha256(read_file(path));
}

Entry entry_of(const fs::path& path, bool contents) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  Entry entry;
  entry.mode = info.st_mode & 07777;
  entry.inode = info.st_ino;
  entry.mtime = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  if (S_ISDIR(info.st_mode)) {
    entry.kind = 'd';
  } else if (S_ISLNK(info.st_mode)) {
    entry.kind = 'l';
    entry.target = fs::read_symlink(path).string();
  } else if (S_ISREG(info.st_mode)) {
    entry.kind = 'f';
    entry.size = static_cast<std::uint64_t>(info.st_size);
    if (contents) entry.digest = digest_of(path);
  }
  return entry;
}

bool ignored(const std::string& path, const Compare& compare) {
  for (const auto& pattern : compare.ignore) {
    if (path == pattern || path.starts_with(pattern + "/")) return true;
    if (::fnmatch(pattern.c_str(), path.c_str(), 0) == 0) return true;
  }
  return false;
}

std::string octal(mode_t mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3)
    text += static_cast<char>('0' + ((mode >> shift) & 7));
  return text;
}

std::string changes(const Entry& before, const Entry& after, const Compare& compare) {
  if (before.kind != after.kind) {
    return std::string(" kind ") + before.kind + " -> " + after.kind;
  }
  std::string what;
  if (before.digest != after.digest || before.size != after.size) {
    what += " bytes (" + std::to_string(before.size) + " -> " + std::to_string(after.size) + ")";
  }
  if (before.target != after.target) what += " target " + before.target + " -> " + after.target;
  if (before.mode != after.mode) what += " mode " + octal(before.mode) + " -> " + octal(after.mode);
  if (compare.inodes && before.inode != after.inode) what += " inode";
  if (compare.times && before.mtime != after.mtime) what += " mtime";
  return what;
}

}  // namespace

Snapshot snapshot(const fs::path& directory, bool contents) {
  Snapshot all;
  if (!fs::exists(fs::symlink_status(directory))) return all;
  all["."] = entry_of(directory, contents);
  if (all["."].kind != 'd') return all;
  const auto options = fs::directory_options::skip_permission_denied;
  for (const auto& item : fs::recursive_directory_iterator(directory, options)) {
    all[item.path().lexically_relative(directory).string()] = entry_of(item.path(), contents);
  }
  return all;
}

std::string difference(const Snapshot& before, const Snapshot& after, const Compare& compare) {
  std::string lines;
  for (const auto& [path, entry] : before) {
    if (ignored(path, compare)) continue;
    const auto found = after.find(path);
    if (found == after.end()) {
      lines += "- " + path + "\n";
    } else if (const auto what = changes(entry, found->second, compare); !what.empty()) {
      lines += "~ " + path + what + "\n";
    }
  }
  for (const auto& [path, entry] : after) {
    if (!before.contains(path) && !ignored(path, compare)) lines += "+ " + path + "\n";
  }
  return lines;
}

}  // namespace tests

#include "recovery/advice.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

namespace recovery {
namespace {

constexpr unsigned long long nearly_nothing = 4 << 20;  // bytes

// The deepest directory or file on the way to `path` that can be looked at.
std::string deepest_existing(std::string path, struct stat& st) {
  while (::lstat(path.c_str(), &st) != 0) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos || slash == 0) return {};
    path.resize(slash);
  }
  return path;
}

bool is_full(const std::string& directory) {
  struct statvfs fs;
  if (::statvfs(directory.c_str(), &fs) != 0 || fs.f_blocks == 0) return false;
  return fs.f_bavail * fs.f_frsize < nearly_nothing || (fs.f_files > 0 && fs.f_favail == 0);
}

}  // namespace

bool is_plain(std::string_view text) {
  return !text.empty() && text[0] != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+@~,:=").find(c) != std::string_view::npos;
  });
}

std::string permission_advice(const std::string& path) {
  struct stat st;
  const std::string place = path.starts_with("/") ? deepest_existing(path, st) : std::string();
  if (!is_plain(place)) return {};
  struct statvfs fs;
  if (::statvfs(place.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) {
    return place + " is on a read-only file system; next: GOMODCACHE=$(mktemp -d) go build ./...";
  }
  if (::geteuid() == 0) return {};
  if (st.st_uid != ::geteuid()) {
    return place + " belongs to user " + std::to_string(st.st_uid) +
           ", not to you; next: sudo chown -R $(id -u):$(id -g) " + place;
  }
  const mode_t needed = S_ISDIR(st.st_mode) ? 0700 : 0400;
  if ((st.st_mode & needed) != needed) {
    return place + " is yours, but its mode keeps you out; next: chmod -R u+rwX " + place;
  }
  return {};
}

std::string disk_full_advice(const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    if (is_plain(directory) && is_full(directory)) {
      return "the disk that holds " + directory + " is full; next: df -h " + directory;
    }
  }
  return {};
}

std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony) {
  const auto in_go_sum = [&](const std::string& h1) {
    return expected.zip.contains(h1) || expected.go_mod.contains(h1);
  };
  if (testimony.is_served && std::ranges::all_of(testimony.vouched, in_go_sum))
    return "a source gave wrong bytes, and gives the right ones now; next: run the same command "
           "again";
  if (!testimony.is_served && std::ranges::any_of(testimony.vouched, in_go_sum)) {
    return "the module was changed upstream after it was published: go.sum and the checksum "
           "database agree, what is "
           "served now is something else; don't use it, tell its authors; next: go list -m "
           "-versions " +
           m.path();
  }
  if (testimony.is_served) {
    return "go.sum is wrong: the checksum database has what is served, go.sum has another hash (a "
           "bad merge, or a tag "
           "that was moved before it was recorded); next: git log -p -S" +
           m.version() + " -- go.sum";
  }
  return "no source that your settings trust has the bytes that go.sum wants; next: git log -p -S" +
         m.version() + " -- go.sum";
}

}  // namespace recovery

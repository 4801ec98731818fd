// GOMODCACHE, GOCACHE, the temporary directory and GOPATH/pkg/sumdb: may this user work there, is
// there room, does the file system do what go asks of it.

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>

#include "recovery/advice/advice.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/root.hpp"
#include "recovery/os/text.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"

namespace recovery {
namespace {

using Level = Finding::Level;

constexpr unsigned long long little_room = 512ULL << 20;  // bytes
constexpr unsigned long long no_room = 16ULL << 20;

constexpr long fuse_magic = 0x65735546;
constexpr long cifs_magic = 0xFF534D42;

std::string size_words(unsigned long long bytes) {
  if (bytes >= 10ULL << 30) return std::to_string(bytes >> 30) + " GiB";
  return std::to_string(bytes >> 20) + " MiB";
}

// One directory that go writes to, with what to call it and the letters of its remarks' ids.
struct Place {
  std::string id;    // "modcache"
  std::string name;  // "GOMODCACHE"
  std::string path;
};

std::string deepest_directory(std::string path) {
  struct stat st;
  while (path.size() > 1 && ::stat(path.c_str(), &st) != 0) {
    path = directory_of(path);
    if (path.empty()) path = "/";
  }
  return path;
}

class CacheCheck {
 public:
  CacheCheck(const DoctorContext& context, Findings& findings)
      : context_(context), findings_(findings) {}

  // False: go can't use it at all.
  bool is_usable(const Place& place) {
    struct stat st;
    const std::string& path = place.path;
    const std::string what = place.name + " " + path;
    if (!path.starts_with("/"))
      return bad(place, "relative", place.name + " '" + path + "' is not an absolute path",
                 context_.undo(place.name));
    if (::stat(path.c_str(), &st) != 0) {
      if (errno == ENOENT && ::lstat(path.c_str(), &st) == 0)
        return bad(place, "dangling", what + " is a dangling symbolic link",
                   "ls -l " + quoted(path));
      if (errno == EACCES) return bad(place, "closed", what + ": permission denied", advice(place));
      return has_place_to_be_made(place);
    }
    if (!S_ISDIR(st.st_mode))
      return bad(place, "no-directory", what + " is not a directory", "ls -l " + quoted(path));
    if (::access(path.c_str(), R_OK | X_OK) != 0)
      return bad(place, "closed", what + ": permission denied (reading)", advice(place));
    if (is_read_only(path))
      return poor(place, "read-only", what + " is on a read-only file system: nothing can be added",
                  place.name + "=$(mktemp -d) go build ./...");
    if (::access(path.c_str(), W_OK) != 0)
      return bad(place, "closed", what + ": permission denied (writing)", advice(place));
    check_owner(place, st);
    return true;
  }

  void check_room(const Place& place) {
    struct statvfs fs;
    if (::statvfs(place.path.c_str(), &fs) != 0 || fs.f_blocks == 0) return;
    const unsigned long long room = static_cast<unsigned long long>(fs.f_bavail) * fs.f_frsize;
    const std::string what = "the disk of " + place.name + " " + place.path;
    if (fs.f_files > 0 && fs.f_favail < 1000)
      bad(place, "inodes", what + " has fewer than 1000 free inodes",
          "df -i " + quoted(place.path));
    else if (room < no_room)
      bad(place, "full", what + " is full", "go clean -cache");
    else if (room < little_room)
      poor(place, "little-room", what + " has only " + size_words(room) + " free",
           "go clean -cache");
  }

  void check_file_system(const Place& place) {
    struct statfs fs;
    if (::statfs(place.path.c_str(), &fs) != 0) return;
    if (std::string trouble = file_system_trouble(static_cast<long>(fs.f_type)); !trouble.empty())
      poor(place, "file-system", place.name + " " + place.path + " is on " + trouble, "");
    if (!has_locks(place.path))
      bad(place, "no-locks",
          place.name + " " + place.path +
              " is on a file system without flock(2): go can't lock "
              "its files",
          place.name + "=$(mktemp -d) go build ./...");
  }

  bool bad(const Place& place, const char* what, const std::string& words,
           const std::string& next) {
    findings_.push_back({Level::bad, place.id + "/" + what, words, next});
    return false;
  }
  bool poor(const Place& place, const char* what, const std::string& words,
            const std::string& next) {
    findings_.push_back({Level::poor, place.id + "/" + what, words, next});
    return false;
  }
  void good(const Place& place, const std::string& words) {
    findings_.push_back({Level::good, place.id, words, ""});
  }

 private:
  static bool is_read_only(const std::string& path) {
    struct statvfs fs;
    return ::statvfs(path.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
  }

  // It is made when go first needs it.
  bool has_place_to_be_made(const Place& place) {
    const std::string above = deepest_directory(directory_of(place.path));
    struct stat st;
    if (::stat(above.c_str(), &st) == 0 && S_ISDIR(st.st_mode) &&
        ::access(above.c_str(), W_OK | X_OK) == 0) {
      return true;
    }
    return bad(
        place, "not-makeable",
        place.name + " " + place.path + " does not exist, and can't be created in " + above,
        S_ISDIR(st.st_mode) ? advice({place.id, place.name, above}) : "ls -l " + quoted(above));
  }

  // permission_advice knows the command; only that is wanted of it.
  static std::string advice(const Place& place) {
    const std::string next = permission_advice(place.path, place.name).next;
    return next.empty() ? "ls -ld " + quoted(place.path) : next;
  }

  void check_owner(const Place& place, const struct stat& st) {
    const std::string what = place.name + " " + place.path;
    if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
      poor(place, "open-to-all", what + " is world-writable: anybody can change what you build",
           "chmod o-w " + quoted(place.path));
    const bool is_others = st.st_uid != ::geteuid();
    if (is_others && ::geteuid() != 0)
      poor(place, "owner",
           what + " is owned by uid " + std::to_string(st.st_uid) + ", you are uid " +
               std::to_string(::geteuid()),
           take_back(place.path));
    if (is_others && ::geteuid() == 0)
      poor(place, "root-in-others",
           what + " is owned by uid " + std::to_string(st.st_uid) +
               ", you are root: its owner can't change the files that go adds",
           has_sudo() ? "sudo -u '#" + std::to_string(st.st_uid) + "' go build ./..." : "");
  }

  // A lock on the directory itself: nothing is written.
  static bool has_locks(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return true;
    return ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK || errno == EINTR;
  }

  const DoctorContext& context_;
  Findings& findings_;
};

bool lies_in(const std::string& path, const std::string& directory) {
  return !directory.empty() && (path == directory || path.starts_with(directory + "/"));
}

// A directory that `./...` does not walk into.
bool is_hidden_below(const std::string& path, const std::string& directory) {
  const std::string rest = path.substr(directory.size());
  return rest.find("/.") != rest.npos || rest.find("/_") != rest.npos ||
         rest.find("/testdata") != rest.npos || rest.find("/vendor/") != rest.npos;
}

void check_build_cache(CacheCheck& check, const DoctorContext& context) {
  const Place place{"buildcache", "GOCACHE", context.settings.build_cache};
  if (place.path == "off" || place.path.empty()) {
    check.bad(place, "off",
              place.path.empty()
                  ? "GOCACHE is unknown: GOCACHE, XDG_CACHE_HOME and HOME are not set"
                  : "GOCACHE=off (from " + context.where("GOCACHE") + "): go needs a build cache",
              context.undo("GOCACHE"));
    return;
  }
  if (!check.is_usable(place)) return;
  check.check_room(place);
  check.check_file_system(place);
  if (lies_in(place.path, context.settings.mod_cache))
    check.bad(place, "in-modcache",
              "GOCACHE " + place.path + " is inside GOMODCACHE: cleaning that deletes it, too",
              context.undo("GOCACHE"));
}

void check_module_cache(CacheCheck& check, const DoctorContext& context) {
  const Place place{"modcache", "GOMODCACHE", context.settings.mod_cache};
  if (!check.is_usable(place)) return;
  check.check_room(place);
  check.check_file_system(place);
  const std::string& main = context.directory();
  if (lies_in(place.path, main) && !is_hidden_below(place.path, main))
    check.poor(place, "in-project",
               "GOMODCACHE " + place.path +
                   " is inside the project: tools that walk it find thousands "
                   "of packages of other modules",
               context.undo("GOMODCACHE"));
}

bool is_mounted_noexec(const std::string& path) {
  struct statvfs fs;
  return ::statvfs(path.c_str(), &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

void check_temporary(CacheCheck& check, const DoctorContext& context) {
  std::string name = "GOTMPDIR";
  std::string path = context.value("GOTMPDIR");
  if (path.empty()) {
    name = "TMPDIR";
    path = env_value(context.request.env, "TMPDIR");
  }
  if (path.empty()) path = "/tmp";
  const Place place{"tmp", name, path};
  struct stat st;
  if (::stat(path.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    check.bad(place, "absent", name + " " + path + " is not a directory: no go command works",
              name == "GOTMPDIR" ? context.undo(name) : "mkdir -p " + quoted(path));
    return;
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    check.bad(place, "closed", name + " " + path + ": permission denied (writing)",
              "GOTMPDIR=$(mktemp -d -p ~) go build ./...");
    return;
  }
  check.check_room(place);
  if (is_mounted_noexec(path))
    check.bad(
        place, "noexec",
        name + " " + path + " is mounted noexec: go run and go test can't run what they build",
        "mkdir -p ~/.cache/go-tmp && go env -w GOTMPDIR=$HOME/.cache/go-tmp");
}

void check_sumdb_memory(CacheCheck& check, const DoctorContext& context) {
  const std::string& go_path = context.settings.go_path;
  if (!go_path.starts_with("/")) return;
  const std::string dir = go_path + "/pkg/sumdb";
  const Place place{"sumdb", "GOPATH/pkg/sumdb", dir};
  struct stat st;
  if (::stat(dir.c_str(), &st) != 0) {
    const std::string above = deepest_directory(go_path + "/pkg");
    if (::access(above.c_str(), W_OK | X_OK) != 0)
      check.bad(place, "not-makeable", dir + " does not exist, and can't be created in " + above,
                "ls -ld " + quoted(above));
    return;
  }
  if (!S_ISDIR(st.st_mode)) {
    check.bad(place, "no-directory", dir + " is not a directory", "ls -l " + quoted(dir));
    return;
  }
  if (::access(dir.c_str(), W_OK | X_OK) != 0) {
    check.bad(place, "closed",
              dir + ": permission denied (writing): the checksum database can't be used",
              take_back(dir));
    return;
  }
  const std::string database =
      context.settings.sumdb.substr(0, context.settings.sumdb.find_first_of("+ "));
  const std::string head = dir + "/" + database + "/latest";
  const std::string text = read_text_file(head);
  if (!text.empty() && !is_tree_head(text))
    check.bad(place, "head",
              head + " is not a signed tree head: the checksum database can't be used",
              "mv " + quoted(head) + " " + quoted(head + ".damaged"));
}

}  // namespace

std::string file_system_trouble(long magic) {
  switch (magic) {
    case NFS_SUPER_MAGIC:
      return "NFS: slow, and locks depend on the server";
    case V9FS_MAGIC:
      return "9p: slow, and locks may not work";
    case cifs_magic:
    case static_cast<long>(SMB2_SUPER_MAGIC):
      return "SMB: not case-sensitive, and locks depend on the server";
    case MSDOS_SUPER_MAGIC:
      return "FAT: no file modes, no symbolic links, not case-sensitive";
    case ECRYPTFS_SUPER_MAGIC:
      return "eCryptfs: long file names may not fit";
    case fuse_magic:
      return "FUSE: locks may not work";
    default:
      return {};  // overlayfs, tmpfs, ext4, xfs, btrfs, zfs: what go wants of them they do
  }
}

void check_caches(const DoctorContext& context, Findings& findings) {
  const auto poor_before = findings.size();
  CacheCheck check(context, findings);
  check_module_cache(check, context);
  check_build_cache(check, context);
  check_temporary(check, context);
  check_sumdb_memory(check, context);
  const auto is_well = [&](std::string_view id) {
    return std::none_of(findings.begin() + static_cast<std::ptrdiff_t>(poor_before), findings.end(),
                        [&](const Finding& r) { return r.id.starts_with(id); });
  };
  if (is_well("modcache"))
    findings.push_back({Level::good, "modcache", "GOMODCACHE " + context.settings.mod_cache, ""});
  if (is_well("buildcache"))
    findings.push_back({Level::good, "buildcache", "GOCACHE " + context.settings.build_cache, ""});
}

}  // namespace recovery

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

#include "recovery/advice.hpp"
#include "recovery/checkup.hpp"
#include "recovery/fd.hpp"
#include "recovery/go_mod.hpp"
#include "recovery/project_files.hpp"
#include "recovery/root.hpp"
#include "recovery/run.hpp"
#include "recovery/sumdb_state.hpp"

namespace recovery {
namespace {

using Level = Remark::Level;

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
  CacheCheck(const Patient& patient, Remarks& remarks) : patient_(patient), remarks_(remarks) {}

  // False: go can't use it at all.
  bool is_usable(const Place& place) {
    struct stat st;
    const std::string& path = place.path;
    const std::string what = place.name + " " + path;
    if (!path.starts_with("/"))
      return bad(place, "relative", place.name + " '" + path + "' is no absolute path",
                 patient_.undo(place.name));
    if (::stat(path.c_str(), &st) != 0) {
      if (errno == ENOENT && ::lstat(path.c_str(), &st) == 0)
        return bad(place, "dangling", what + " is a symbolic link to nothing", "ls -l " + path);
      if (errno == EACCES)
        return bad(place, "closed", what + " can't be reached by you", advice(place));
      return has_place_to_be_made(place);
    }
    if (!S_ISDIR(st.st_mode))
      return bad(place, "no-directory", what + " is no directory", "ls -l " + path);
    if (::access(path.c_str(), R_OK | X_OK) != 0)
      return bad(place, "closed", what + " can't be read by you", advice(place));
    if (is_read_only(path))
      return poor(place, "read-only",
                  what +
                      " is on a read-only file system: what it lacks can't "
                      "be added",
                  place.name + "=$(mktemp -d) go build ./...");
    if (::access(path.c_str(), W_OK) != 0)
      return bad(place, "closed", what + " can't be written by you", advice(place));
    check_owner(place, st);
    return true;
  }

  void check_room(const Place& place) {
    struct statvfs fs;
    if (::statvfs(place.path.c_str(), &fs) != 0 || fs.f_blocks == 0) return;
    const unsigned long long room = static_cast<unsigned long long>(fs.f_bavail) * fs.f_frsize;
    const std::string what = "the disk of " + place.name + " " + place.path;
    if (fs.f_files > 0 && fs.f_favail < 1000)
      bad(place, "inodes", what + " has hardly an inode left", "df -i " + place.path);
    else if (room < no_room)
      bad(place, "full", what + " is full", "go clean -cache");
    else if (room < little_room)
      poor(place, "little-room", what + " has only " + size_words(room) + " left",
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
              "what it writes",
          place.name + "=$(mktemp -d) go build ./...");
  }

  bool bad(const Place& place, const char* what, const std::string& words,
           const std::string& next) {
    remarks_.push_back({Level::bad, place.id + "/" + what, words, next});
    return false;
  }
  bool poor(const Place& place, const char* what, const std::string& words,
            const std::string& next) {
    remarks_.push_back({Level::poor, place.id + "/" + what, words, next});
    return false;
  }
  void good(const Place& place, const std::string& words) {
    remarks_.push_back({Level::good, place.id, words, ""});
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
    return bad(place, "not-makeable",
               place.name + " " + place.path + " is not there, and can't be made in " + above,
               S_ISDIR(st.st_mode) ? advice({place.id, place.name, above}) : "ls -l " + above);
  }

  // permission_advice knows the command; only that is wanted of it.
  static std::string advice(const Place& place) {
    const std::string words = permission_advice(place.path, place.name);
    const std::size_t next = words.find("; next: ");
    return next == words.npos ? "ls -ld " + place.path : words.substr(next + 8);
  }

  void check_owner(const Place& place, const struct stat& st) {
    const std::string what = place.name + " " + place.path;
    if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
      poor(place, "open-to-all", what + " can be written by anybody: what you build could be, too",
           "chmod o-w " + place.path);
    const bool is_foreign = st.st_uid != ::geteuid();
    if (is_foreign && ::geteuid() != 0)
      poor(place, "owner", what + " belongs to user " + std::to_string(st.st_uid) + ", not to you",
           "sudo chown -R $(id -u):$(id -g) " + place.path);
    if (is_foreign && ::geteuid() == 0)
      poor(place, "root-in-foreign",
           what + " belongs to user " + std::to_string(st.st_uid) +
               ", and you are root: what go adds he can't change",
           "sudo -u '#" + std::to_string(st.st_uid) + "' go build ./...");
  }

  // A lock on the directory itself: nothing is written.
  static bool has_locks(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return true;
    return ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK || errno == EINTR;
  }

  const Patient& patient_;
  Remarks& remarks_;
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

void check_build_cache(CacheCheck& check, const Patient& patient) {
  const Place place{"buildcache", "GOCACHE", patient.settings.build_cache};
  if (place.path == "off" || place.path.empty()) {
    check.bad(place, "off",
              place.path.empty()
                  ? "GOCACHE can't be told: neither it, XDG_CACHE_HOME nor HOME is set"
                  : "GOCACHE=off (from " + patient.where("GOCACHE") + "): go needs a build cache",
              patient.undo("GOCACHE"));
    return;
  }
  if (!check.is_usable(place)) return;
  check.check_room(place);
  check.check_file_system(place);
  if (lies_in(place.path, patient.settings.mod_cache))
    check.bad(place, "in-modcache",
              "GOCACHE " + place.path + " lies in GOMODCACHE: go clean -modcache takes it, too",
              patient.undo("GOCACHE"));
}

void check_module_cache(CacheCheck& check, const Patient& patient) {
  const Place place{"modcache", "GOMODCACHE", patient.settings.mod_cache};
  if (!check.is_usable(place)) return;
  check.check_room(place);
  check.check_file_system(place);
  const std::string& main = patient.directory();
  if (lies_in(place.path, main) && !is_hidden_below(place.path, main))
    check.poor(place, "in-project",
               "GOMODCACHE " + place.path +
                   " lies in the project: tools that walk it find thousands "
                   "of packages that are not yours",
               patient.undo("GOMODCACHE"));
}

bool is_mounted_noexec(const std::string& path) {
  struct statvfs fs;
  return ::statvfs(path.c_str(), &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

void check_temporary(CacheCheck& check, const Patient& patient) {
  std::string name = "GOTMPDIR";
  std::string path = patient.value("GOTMPDIR");
  if (path.empty()) {
    name = "TMPDIR";
    path = env_value(patient.request.env, "TMPDIR");
  }
  if (path.empty()) path = "/tmp";
  const Place place{"tmp", name, path};
  struct stat st;
  if (::stat(path.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    check.bad(place, "absent", name + " " + path + " is no directory: no go command can work",
              name == "GOTMPDIR" ? patient.undo(name) : "mkdir -p " + path);
    return;
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    check.bad(place, "closed", name + " " + path + " can't be written by you",
              "GOTMPDIR=$(mktemp -d -p ~) go build ./...");
    return;
  }
  check.check_room(place);
  if (is_mounted_noexec(path))
    check.bad(
        place, "noexec",
        name + " " + path + " is mounted noexec: go run and go test can't start what they build",
        "mkdir -p ~/.cache/go-tmp && go env -w GOTMPDIR=$HOME/.cache/go-tmp");
}

void check_sumdb_memory(CacheCheck& check, const Patient& patient) {
  const std::string& go_path = patient.settings.go_path;
  if (!go_path.starts_with("/")) return;
  const std::string dir = go_path + "/pkg/sumdb";
  const Place place{"sumdb", "GOPATH/pkg/sumdb", dir};
  struct stat st;
  if (::stat(dir.c_str(), &st) != 0) {
    const std::string above = deepest_directory(go_path + "/pkg");
    if (::access(above.c_str(), W_OK | X_OK) != 0)
      check.bad(place, "not-makeable", dir + " is not there, and can't be made in " + above,
                "ls -ld " + above);
    return;
  }
  if (!S_ISDIR(st.st_mode)) {
    check.bad(place, "no-directory", dir + " is no directory", "ls -l " + dir);
    return;
  }
  if (::access(dir.c_str(), W_OK | X_OK) != 0) {
    check.bad(place, "closed",
              dir + " can't be written by you: the checksum database can't be asked",
              "sudo chown -R $(id -u):$(id -g) " + dir);
    return;
  }
  const std::string database =
      patient.settings.sumdb.substr(0, patient.settings.sumdb.find_first_of("+ "));
  const std::string head = dir + "/" + database + "/latest";
  const std::string text = read_text_file(head);
  if (!text.empty() && !is_tree_head(text))
    check.bad(place, "head", head + " is no signed tree head: nothing can be verified",
              "rm " + head);
}

}  // namespace

std::string file_system_trouble(long magic) {
  switch (magic) {
    case NFS_SUPER_MAGIC:
      return "NFS: slow, and its locks are only as good as the server's";
    case V9FS_MAGIC:
      return "9p: its locks may be missing, and it is slow";
    case cifs_magic:
    case static_cast<long>(SMB2_SUPER_MAGIC):
      return "SMB: names may differ by case alone, and its locks are the server's";
    case MSDOS_SUPER_MAGIC:
      return "FAT: no modes, no symbolic links, no case";
    case ECRYPTFS_SUPER_MAGIC:
      return "eCryptfs: file names may be too long for it";
    case fuse_magic:
      return "FUSE: whether its locks work depends on the program behind it";
    default:
      return {};  // overlayfs, tmpfs, ext4, xfs, btrfs, zfs: what go wants of them they do
  }
}

void check_caches(const Patient& patient, Remarks& remarks) {
  const auto poor_before = remarks.size();
  CacheCheck check(patient, remarks);
  check_module_cache(check, patient);
  check_build_cache(check, patient);
  check_temporary(check, patient);
  check_sumdb_memory(check, patient);
  const auto is_well = [&](std::string_view id) {
    return std::none_of(remarks.begin() + static_cast<std::ptrdiff_t>(poor_before), remarks.end(),
                        [&](const Remark& r) { return r.id.starts_with(id); });
  };
  if (is_well("modcache"))
    remarks.push_back({Level::good, "modcache", "GOMODCACHE " + patient.settings.mod_cache, ""});
  if (is_well("buildcache"))
    remarks.push_back({Level::good, "buildcache", "GOCACHE " + patient.settings.build_cache, ""});
}

}  // namespace recovery

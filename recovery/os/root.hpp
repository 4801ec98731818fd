#pragma once
// A directory below which paths are opened, and never outside: names come from text that anyone can
// print and from a cache that anyone may have planted a link in. Each path is relative, without "."
// or "..", and is resolved without following symlinks (openat2(2), RESOLVE_BENEATH |
// RESOLVE_NO_SYMLINKS; step by step where the kernel or a container's seccomp filter lacks it). The
// root itself may be reached through symlinks: the user chose it.
//
// Unknown is not absent: where the system can't tell what is there (EIO, EMFILE, ESTALE, a link on
// the way, …) what asks throws std::system_error that names the path.
//
// Example: Root cache("/home/me/go/pkg/mod");
// cache.stat("cache/download/example.com/a/@v/v1.0.0.zip").kind

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/os/fd.hpp"

namespace recovery {

enum class Kind { absent, regular, directory, symlink, other, denied };

struct Stat {
  Kind kind = Kind::absent;
  struct stat st = {};  // valid unless absent or denied
  long long size() const { return st.st_size; }
  long long changed_ns() const {
    return static_cast<long long>(st.st_ctim.tv_sec) * 1'000'000'000 + st.st_ctim.tv_nsec;
  }
};

class Root {
 public:
  explicit Root(
      std::string path);  // throws std::system_error when it is no directory that can be opened

  const std::string& path() const { return path_; }
  std::string absolute(std::string_view rel) const { return path_ + "/" + std::string(rel); }

  // A directory in it as a root of its own, for who looks at much in one place; nullopt when it
  // can't be opened.
  std::optional<Root> at(const std::string& rel) const;

  Stat stat(const std::string& rel) const;  // of the thing itself, a symlink is not followed

  // The first component of rel that stands where a directory should be and is none (a file, a
  // symlink): what must go before anything below it can be made. Empty: every parent is a directory
  // or absent.
  std::string obstacle(const std::string& rel) const;

  // Content of a regular file; nullopt when it is no regular file, not ours to read, or larger than
  // limit (bytes).
  std::optional<std::string> read(const std::string& rel, std::size_t limit) const;
  std::string read_link(const std::string& rel) const;  // where a symlink leads; "": it is none
  Fd open(const std::string& rel, int flags,
          mode_t mode = 0) const;  // errno in the thrown std::system_error
  // Invalid Fd: it is absent, not ours to open, or of another kind; see errno.
  Fd try_open(const std::string& rel, int flags, mode_t mode = 0) const;

  // Names in a directory ("" is the root), sorted, without "." and ".."; nullopt when there is
  // none, or it is not ours to read.
  std::optional<std::vector<std::string>> list(const std::string& rel) const;

  // Each of these throws std::system_error that names the path.
  void make_directories(
      const std::string& rel) const;  // 0777 less the umask; the owner of the parent
  void rename(const std::string& from, const std::string& to) const;
  // Renames a file over another; across file systems by way of a copy beside it: never a hole.
  void replace(const std::string& from, const std::string& to) const;
  // As rename; where that is refused (EXDEV: another file system, or a directory that overlayfs has
  // in a lower layer) file by file.
  void move(const std::string& from, const std::string& to) const;
  // As rename, below another root; never by way of a copy.
  void rename_into(const Root& other, const std::string& from, const std::string& to) const;
  void remove(const std::string& rel) const;       // a file, a link, an empty directory
  void remove_tree(const std::string& rel) const;  // read-only directories included; absent is fine
  void chmod(const std::string& rel, mode_t mode) const;  // never through a link, nor of another
  void chmod(const Fd& fd, const std::string& rel, mode_t mode) const;  // of what fd (O_PATH) is
  // A new name for a file that stays where it is; a copy with its mode where no hard link can be.
  void link_or_copy(const std::string& from, const std::string& to) const;
  // Writes a new file (O_EXCL), given mode less the umask; root gives it to the owner of the
  // directory.
  void write_new(const std::string& rel, std::string_view bytes, mode_t mode) const;

  // Root in another user's cache leaves nothing of its own: gives what it has just made (a file or
  // link with no other name, an empty directory) to the directory's owner.
  void give_to_owner(const std::string& rel) const;

 private:
  Root(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  void copy(const std::string& from, const std::string& to) const;
  void copy_link(const std::string& from, const std::string& to) const;

  std::string path_;
  Fd fd_;
};

// While it lives, the owner may write in a directory of an extracted tree (they are 0555); then its
// mode comes back.
class Writable {
 public:
  Writable(const Root& root, std::string rel);
  ~Writable();
  Writable(const Writable&) = delete;
  Writable& operator=(const Writable&) = delete;

 private:
  const Root& root_;
  std::string rel_;
  Fd directory_;  // empty: nothing had to be done. Whatever takes its name, its mode comes back
  mode_t mode_ = 0;
};

}  // namespace recovery

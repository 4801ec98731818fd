#pragma once
// Files of the tests: temporary directories, whole-file reading and writing, copies of caches.
// Trees in a module cache are 0555; what removes or writes here gets past that. Errors are
// exceptions (std::system_error and its kin).
//
// Example: TempDir dir; write_file(dir.path() / "a/go.mod", "module a\n");

#include <filesystem>
#include <string>
#include <string_view>

namespace tests {

namespace fs = std::filesystem;

/// Where tests put things: in the build tree, so that caches may be kept between runs.
[[nodiscard]] fs::path work_dir();

/// Where beds and temporary directories lie: GOMEND_TEST_SCRATCH, which tests/run sets to a place
/// in memory where there is room, else work_dir().
[[nodiscard]] fs::path scratch_dir();

/// True if the test is failing by an exception (REQUIRE) and GOMEND_KEEP=1 asks to keep what it
/// left; always with GOMEND_KEEP=all. `exceptions` is std::uncaught_exceptions() of the moment when
/// the owner was made.
[[nodiscard]] bool must_keep(int exceptions);

/// A directory that goes when its owner goes; kept and named on stderr as must_keep says.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  int exceptions_;
};

[[nodiscard]] std::string read_file(const fs::path& path);

/// Makes missing directories. A file that exists is replaced by a new one (its hard links keep the
/// old content).
void write_file(const fs::path& path, std::string_view content);

/// Removes a tree, read-only directories included; nothing happens where there is none.
void remove_tree(const fs::path& path);

/// Copies a tree with its modes and symbolic links.
void copy_tree(const fs::path& from, const fs::path& to);

/// Lower-case hex.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// While it lives, the directory can be written to; then it has its mode back (if it is still
/// there).
class Writable {
 public:
  explicit Writable(const fs::path& directory);
  ~Writable();
  Writable(const Writable&) = delete;
  Writable& operator=(const Writable&) = delete;

 private:
  fs::path directory_;
  fs::perms perms_{fs::perms::unknown};
};

/// While it lives, a directory and all below belong to another user (root alone can do that); then
/// to us again: beds outlive their tests.
class Given {
 public:
  Given(fs::path directory, unsigned user);
  ~Given();
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;

 private:
  fs::path directory_;
};

/// An exclusive lock on a file (made if missing), between processes; gone with its owner.
class FileLock {
 public:
  explicit FileLock(const fs::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Whether the lock was free; a lock that is not held protects nothing.
  [[nodiscard]] static FileLock try_lock(const fs::path& path);
  [[nodiscard]] bool held() const { return fd_ >= 0; }

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace tests

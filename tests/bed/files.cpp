#include "tests/bed/files.hpp"
#include "tests/bed/paths.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tests {
namespace {

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) fail(path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

void copy_content(const fs::path& from, const fs::path& to, mode_t mode) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) fail(from);
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0) fail(to);
  std::array<char, 1 << 16> buffer;
  ssize_t n;
  while ((n = ::read(in, buffer.data(), buffer.size())) > 0) {
    write_all(out, {buffer.data(), static_cast<std::size_t>(n)}, to);
  }
  if (n < 0) fail(from);
  ::fchmod(out, mode);  // after writing: the mode may be 0444, and the umask has no say
  ::close(in);
  ::close(out);
}

void copy_entry(const fs::path& from, const fs::path& to);

void copy_directory(const fs::path& from, const fs::path& to, mode_t mode) {
  if (::mkdir(to.c_str(), 0700) != 0) fail(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    copy_entry(entry.path(), to / entry.path().filename());
  }
  ::chmod(to.c_str(), mode);
}

void copy_entry(const fs::path& from, const fs::path& to) {
  struct stat info {};
  if (::lstat(from.c_str(), &info) != 0) fail(from);
  const mode_t mode = info.st_mode & 07777;
  if (S_ISDIR(info.st_mode)) {
    copy_directory(from, to, mode);
  } else if (S_ISLNK(info.st_mode)) {
    fs::copy_symlink(from, to);
  } else {
    copy_content(from, to, mode);
  }
}

void make_removable(const fs::path& directory) {
  ::chmod(directory.c_str(), 0700);
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_directory() && !entry.is_symlink()) make_removable(entry.path());
  }
}

}  // namespace

fs::path work_dir() {
  const fs::path dir = build_work_dir;
  fs::create_directories(dir);
  return dir;
}

fs::path scratch_dir() {
  const char* scratch = std::getenv("GOMEND_TEST_SCRATCH");
  return scratch == nullptr || *scratch == '\0' ? work_dir() : fs::path(scratch);
}

bool must_keep(int exceptions) {
  const char* keep = std::getenv("GOMEND_KEEP");
  if (keep == nullptr) return false;
  return std::string_view(keep) == "all" ||
         (std::string_view(keep) == "1" && std::uncaught_exceptions() > exceptions);
}

TempDir::TempDir() : exceptions_(std::uncaught_exceptions()) {
  fs::create_directories(scratch_dir() / "tmp");
  std::string name = (scratch_dir() / "tmp" / "XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail(name);
  path_ = name;
}

TempDir::~TempDir() {
  if (must_keep(exceptions_)) {
    std::cerr << "kept: " << path_.string() << '\n';
    return;
  }
  try {
    remove_tree(path_);
  } catch (const std::exception& error) {
    std::cerr << "left: " << error.what() << '\n';
  }
}

std::string read_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  std::string content;
  std::array<char, 1 << 16> buffer;
  ssize_t n;
  while ((n = ::read(fd, buffer.data(), buffer.size())) > 0) {
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  if (n < 0) fail(path);
  return content;
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  const Writable directory(path.parent_path());
  mode_t mode = 0644;
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) mode = info.st_mode & 0777;
  const fs::path fresh = path.string() + ".new" + std::to_string(::getpid());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail(fresh);
  write_all(fd, content, fresh);
  ::fchmod(fd, mode);
  ::close(fd);
  fs::rename(fresh, path);
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return;
  const Writable parent(path.parent_path());
  if (fs::is_directory(fs::symlink_status(path))) make_removable(path);
  fs::remove_all(path);
}

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::create_directories(to.parent_path());
  copy_entry(from, to);
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("EVP_Digest failed");
  }
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

namespace {

bool give(const fs::path& directory, unsigned user) {
  bool all = ::lchown(directory.c_str(), user, user) == 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    all = ::lchown(entry.path().c_str(), user, user) == 0 && all;
  return all;
}

}  // namespace

Given::Given(fs::path directory, unsigned user) : directory_(std::move(directory)) {
  if (!give(directory_, user)) fail(directory_);
}

Given::~Given() {
  give(directory_, ::geteuid());
}

Writable::Writable(const fs::path& directory) : directory_(directory) {
  std::error_code ignored;  // a directory that is no directory: the caller's own call will say so
  perms_ = fs::status(directory, ignored).permissions();
  fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, ignored);
}

Writable::~Writable() {
  std::error_code ignored;
  if (perms_ != fs::perms::unknown) fs::permissions(directory_, perms_, ignored);
}

FileLock::FileLock(const fs::path& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (fd_ < 0) fail(path);
  while (::flock(fd_, LOCK_EX) != 0) {
    if (errno != EINTR) fail(path);
  }
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock FileLock::try_lock(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) fail(path);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return FileLock(fd);
  ::close(fd);
  return FileLock(-1);
}

}  // namespace tests

#include "recovery/os/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "recovery/os/beneath.hpp"

namespace recovery {
namespace {

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::regular;
  if (S_ISDIR(mode)) return Kind::directory;
  if (S_ISLNK(mode)) return Kind::symlink;
  return Kind::other;
}

// What these mean is known: nothing is there, or it is not ours to see. Anything else (EIO, EMFILE,
// ESTALE, a path too long, a link on the way, …) says nothing about what is there.
bool is_known(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == EINVAL;
}

}  // namespace

Root::Root(std::string path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) throw_errno(path_);
}

std::optional<Root> Root::at(const std::string& rel) const {
  Fd fd = try_open(rel, O_PATH | O_DIRECTORY);
  if (!fd) return std::nullopt;
  return Root(absolute(rel), std::move(fd));
}

Stat Root::stat(const std::string& rel) const {
  Stat result;
  const ParentDir parent = parent_of(fd_.get(), rel);
  if (parent.at >= 0 &&
      ::fstatat(parent.at, parent.name.c_str(), &result.st, AT_SYMLINK_NOFOLLOW) == 0) {
    result.kind = kind_of(result.st.st_mode);
    return result;
  }
  if (!is_known(errno)) throw_errno(absolute(rel));
  result.kind = errno == EACCES ? Kind::denied : Kind::absent;
  return result;
}

std::string Root::obstacle(const std::string& rel) const {
  if (parent_of(fd_.get(), rel).at >= 0) return {};  // as it is nearly always
  for (std::size_t slash = rel.find('/'); slash != rel.npos; slash = rel.find('/', slash + 1)) {
    const std::string above = rel.substr(0, slash);
    const Kind kind = stat(above).kind;
    if (kind == Kind::absent || kind == Kind::denied) return {};
    if (kind == Kind::directory) continue;
    // A link that leads to a directory is somebody's way to keep a part of the cache elsewhere: out
    // of reach, no fault.
    struct stat target;
    const ParentDir parent = parent_of(fd_.get(), above);
    const bool leads = kind == Kind::symlink &&
                       ::fstatat(parent.at, parent.name.c_str(), &target, 0) == 0 &&
                       S_ISDIR(target.st_mode);
    return leads ? std::string() : above;
  }
  return {};
}

std::optional<std::string> Root::read(const std::string& rel, std::size_t limit) const {
  const Fd fd = try_open(rel, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  if (static_cast<unsigned long long>(st.st_size) > limit) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(st.st_size), '\0');
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(absolute(rel));
    if (n == 0) break;  // it shrank meanwhile
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

Fd Root::try_open(const std::string& rel, int flags, mode_t mode) const {
  Fd fd(open_beneath(fd_.get(), rel, flags, mode));
  if (fd || is_known(errno)) return fd;
  // A link, a socket, a directory: known by what stands there.
  const int error = errno;
  const bool is_there = stat(rel).kind != Kind::absent;
  errno = error;
  const bool is_of_its_kind = error == ELOOP || error == ENXIO || error == ENODEV ||
                              error == EISDIR || error == EEXIST || error == EROFS;
  if (!is_there || !is_of_its_kind) throw_errno(absolute(rel));
  return fd;
}

Fd Root::open(const std::string& rel, int flags, mode_t mode) const {
  Fd fd(open_beneath(fd_.get(), rel, flags, mode));
  if (!fd) throw_errno(absolute(rel));
  return fd;
}

std::optional<std::vector<std::string>> Root::list(const std::string& rel) const {
  Fd fd = rel.empty() ? Fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                      : try_open(rel, O_RDONLY | O_DIRECTORY);
  if (!fd && rel.empty() && !is_known(errno)) throw_errno(path_);
  if (!fd) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd.get()), ::closedir);
  if (!dir) throw_errno(absolute(rel));
  fd.release();  // closedir closes it
  std::vector<std::string> names;
  while (true) {
    errno = 0;  // readdir(3) tells its end and its failure apart by nothing else
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) throw_errno(absolute(rel));
  std::sort(names.begin(), names.end());
  return names;
}

std::string Root::read_link(const std::string& rel) const {
  const ParentDir parent = parent_of(fd_.get(), rel);
  std::string text(4096, '\0');
  const ssize_t n = ::readlinkat(parent.at, parent.name.c_str(), text.data(), text.size() - 1);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace recovery

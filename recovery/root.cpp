#include "recovery/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace recovery {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Relative, and made of real names only. Everything else is refused before the kernel sees it.
bool is_clean(std::string_view rel) {
  if (rel.empty() || rel.front() == '/' || rel.find('\0') != rel.npos) return false;
  while (true) {
    const std::size_t slash = rel.find('/');
    const std::string_view name = rel.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
    if (slash == rel.npos) return true;
    rel.remove_prefix(slash + 1);
  }
}

int step_by_step(int root, const std::string& rel, int flags, mode_t mode) {
  Fd at(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  for (std::size_t slash; at && (slash = rel.find('/', begin)) != rel.npos; begin = slash + 1) {
    const std::string name = rel.substr(begin, slash - begin);
    at = Fd(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!at) return -1;
  return ::openat(at.get(), rel.c_str() + begin, flags | O_NOFOLLOW, mode);
}

int open_beneath(int root, const std::string& rel, int flags, mode_t mode) {
  flags |= O_CLOEXEC;
  if (!is_clean(rel)) {
    errno = EINVAL;
    return -1;
  }
  open_how how = {};
  how.flags = static_cast<unsigned long long>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, root, rel.c_str(), &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  return step_by_step(root, rel, flags, mode);
}

// The directory that holds rel's last name, and that name: what the *at system calls want.
struct Place {
  int at = -1;  // invalid: see errno
  std::string name;
  Fd opened;  // empty where it is the root itself
};

Place place_of(int root, const std::string& rel) {
  if (!is_clean(rel)) {
    errno = EINVAL;
    return {};
  }
  const std::size_t slash = rel.rfind('/');
  if (slash == rel.npos) return {root, rel, {}};
  Fd opened(open_beneath(root, rel.substr(0, slash), O_PATH | O_DIRECTORY, 0));
  return {opened.get(), rel.substr(slash + 1), std::move(opened)};
}

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::regular;
  if (S_ISDIR(mode)) return Kind::directory;
  if (S_ISLNK(mode)) return Kind::symlink;
  return Kind::other;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Root::Root(std::string path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) fail(path_);
}

std::optional<Root> Root::at(const std::string& rel) const {
  Fd fd = try_open(rel, O_PATH | O_DIRECTORY);
  if (!fd) return std::nullopt;
  return Root(absolute(rel), std::move(fd));
}

Stat Root::stat(const std::string& rel) const {
  Stat result;
  const Place place = place_of(fd_.get(), rel);
  if (place.at >= 0 &&
      ::fstatat(place.at, place.name.c_str(), &result.st, AT_SYMLINK_NOFOLLOW) == 0) {
    result.kind = kind_of(result.st.st_mode);
  } else {
    result.kind = errno == EACCES ? Kind::denied : Kind::absent;
  }
  return result;
}

std::string Root::obstacle(const std::string& rel) const {
  if (place_of(fd_.get(), rel).at >= 0) return {};  // as it is nearly always
  for (std::size_t slash = rel.find('/'); slash != rel.npos; slash = rel.find('/', slash + 1)) {
    const std::string parent = rel.substr(0, slash);
    const Kind kind = stat(parent).kind;
    if (kind == Kind::absent || kind == Kind::denied) return {};
    if (kind == Kind::directory) continue;
    // A link that leads to a directory is somebody's way to keep a part of the cache elsewhere: out
    // of reach, no fault.
    struct stat target;
    const Place place = place_of(fd_.get(), parent);
    const bool leads = kind == Kind::symlink &&
                       ::fstatat(place.at, place.name.c_str(), &target, 0) == 0 &&
                       S_ISDIR(target.st_mode);
    return leads ? std::string() : parent;
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
    if (n < 0) return std::nullopt;
    if (n == 0) break;  // it shrank meanwhile
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

Fd Root::try_open(const std::string& rel, int flags, mode_t mode) const {
  return Fd(open_beneath(fd_.get(), rel, flags, mode));
}

Fd Root::open(const std::string& rel, int flags, mode_t mode) const {
  Fd fd = try_open(rel, flags, mode);
  if (!fd) fail(absolute(rel));
  return fd;
}

std::optional<std::vector<std::string>> Root::list(const std::string& rel) const {
  Fd fd = rel.empty() ? Fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                      : try_open(rel, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd.get()), ::closedir);
  if (!dir) return std::nullopt;
  fd.release();  // closedir closes it
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Root::make_directories(const std::string& rel) const {
  if (stat(rel).kind == Kind::directory) return;
  const std::size_t slash = rel.rfind('/');
  if (slash != rel.npos) make_directories(rel.substr(0, slash));
  const Place place = place_of(fd_.get(), rel);
  if (place.at < 0) fail(absolute(rel));
  if (::mkdirat(place.at, place.name.c_str(), 0777) != 0) {
    if (errno == EEXIST && stat(rel).kind == Kind::directory) return;
    fail(absolute(rel));
  }
  give_to_owner(rel);
}

void Root::rename(const std::string& from, const std::string& to) const {
  rename_into(*this, from, to);
}

void Root::rename_into(const Root& other, const std::string& from, const std::string& to) const {
  const Place source = place_of(fd_.get(), from);
  if (source.at < 0) fail(absolute(from));
  const Place target = place_of(other.fd_.get(), to);
  if (target.at < 0) fail(other.absolute(to));
  if (::renameat(source.at, source.name.c_str(), target.at, target.name.c_str()) != 0) {
    fail(absolute(from) + " -> " + other.absolute(to));
  }
}

void Root::remove(const std::string& rel) const {
  const Place place = place_of(fd_.get(), rel);
  if (place.at < 0) fail(absolute(rel));
  if (::unlinkat(place.at, place.name.c_str(), 0) == 0) return;
  if (errno == EISDIR || errno == EPERM) {
    if (::unlinkat(place.at, place.name.c_str(), AT_REMOVEDIR) == 0) return;
  }
  fail(absolute(rel));
}

void Root::remove_tree(const std::string& rel) const {
  const Stat st = stat(rel);
  if (st.kind == Kind::absent) return;
  if (st.kind == Kind::directory) {
    const Writable writable(*this, rel);
    for (const std::string& name : list(rel).value_or(std::vector<std::string>{})) {
      remove_tree(rel + "/" + name);
    }
    remove(rel);
    return;
  }
  remove(rel);
}

void Root::chmod(const std::string& rel, mode_t mode) const {
  // fchmod does not take O_PATH descriptors, and opening what is mode 000 fails: so by name, in a
  // directory that was reached without links, and never through a link.
  const Place place = place_of(fd_.get(), rel);
  if (place.at < 0) fail(absolute(rel));
  const Stat st = stat(rel);
  if (st.kind != Kind::regular && st.kind != Kind::directory) {
    errno = EINVAL;
    fail(absolute(rel));
  }
  if (::fchmodat(place.at, place.name.c_str(), mode, 0) != 0) fail(absolute(rel));
}

void Root::move(const std::string& from, const std::string& to) const {
  try {
    return rename(from, to);
  } catch (const std::system_error& error) {
    if (error.code().value() != EXDEV) throw;
  }
  const Stat st = stat(from);
  if (st.kind != Kind::directory) {
    copy(from, to);
    return remove(from);
  }
  make_directories(to);
  const Writable writable(*this, from);
  for (const std::string& name : list(from).value_or(std::vector<std::string>{})) {
    move(from + "/" + name, to + "/" + name);
  }
  chmod(to, st.st.st_mode & 07777);
  remove(from);
}

void Root::replace(const std::string& from, const std::string& to) const {
  try {
    return rename(from, to);
  } catch (const std::system_error& error) {
    if (error.code().value() != EXDEV) throw;
  }
  const std::string beside = to + "." + std::to_string(::getpid()) + ".tmp";
  copy(from, beside);
  rename(beside, to);
}

void Root::copy(const std::string& from, const std::string& to) const {
  if (stat(from).kind == Kind::symlink) return copy_link(from, to);
  const Fd in = open(from, O_RDONLY | O_NONBLOCK);
  struct stat st;
  if (::fstat(in.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
    errno = EINVAL;
    fail(absolute(from));
  }
  const Fd out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
  std::string buffer(256 * 1024, '\0');
  while (const ssize_t n = ::read(in.get(), buffer.data(), buffer.size())) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(absolute(from));
    write_all(out.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(n)),
              absolute(to));
  }
  if (::fchmod(out.get(), st.st_mode & 07777) != 0) fail(absolute(to));
  give_to_owner(to);
}

std::string Root::read_link(const std::string& rel) const {
  const Place place = place_of(fd_.get(), rel);
  std::string text(4096, '\0');
  const ssize_t n = ::readlinkat(place.at, place.name.c_str(), text.data(), text.size() - 1);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

void Root::copy_link(const std::string& from, const std::string& to) const {
  const std::string text = read_link(from);
  const Place target = place_of(fd_.get(), to);
  if (text.empty()) fail(absolute(from));
  if (::symlinkat(text.c_str(), target.at, target.name.c_str()) != 0) {
    fail(absolute(to));
  }
  give_to_owner(to);
}

void Root::link_or_copy(const std::string& from, const std::string& to) const {
  const Place source = place_of(fd_.get(), from);
  if (source.at < 0) fail(absolute(from));
  const Place target = place_of(fd_.get(), to);
  if (target.at < 0) fail(absolute(to));
  if (::linkat(source.at, source.name.c_str(), target.at, target.name.c_str(), 0) == 0) {
    return;
  }
  copy(from, to);
}

void Root::write_new(const std::string& rel, std::string_view bytes, mode_t mode) const {
  const Fd fd = open(rel, O_WRONLY | O_CREAT | O_EXCL, mode);
  write_all(fd.get(), bytes, absolute(rel));
  give_to_owner(rel);
}

void Root::give_to_owner(const std::string& rel) const {
  if (::geteuid() != 0) return;
  const Place place = place_of(fd_.get(), rel);
  struct stat parent;
  if (place.at < 0 || ::fstat(place.at, &parent) != 0) fail(absolute(rel));
  if (parent.st_uid == 0) return;
  if (::fchownat(place.at, place.name.c_str(), parent.st_uid, parent.st_gid, AT_SYMLINK_NOFOLLOW) !=
      0) {
    fail(absolute(rel));
  }
}

Writable::Writable(const Root& root, std::string rel) : root_(root), rel_(std::move(rel)) {
  const Stat st = root_.stat(rel_);
  if (st.kind != Kind::directory || (st.st.st_mode & 0700) == 0700) return;
  root_.chmod(rel_, (st.st.st_mode & 07777) | 0700);
  mode_ = st.st.st_mode & 07777;
}

Writable::~Writable() {
  if (!mode_ || root_.stat(rel_).kind != Kind::directory) return;
  try {
    root_.chmod(rel_, *mode_);
  } catch (const std::exception&) {  // it stays writable for its owner: valid, as with -modcacherw
  }
}

}  // namespace recovery

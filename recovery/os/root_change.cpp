// What Root writes and changes; how it looks is in root.cpp.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "recovery/os/beneath.hpp"
#include "recovery/os/root.hpp"

namespace recovery {
namespace {

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// fchmod(2) takes no O_PATH descriptor, and what is mode 000 can be opened in no other way: before
// fchmodat2(2) (Linux 6.6) its name in /proc is the way to it. Without either it must be opened to
// be read, by its name once more, and be the same.
bool change_mode(int fd, mode_t mode, const ParentDir& parent) {
  constexpr long fchmodat2 = 452;  // the same number on every architecture
  if (::syscall(fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0) return true;
  if (::chmod(("/proc/self/fd/" + std::to_string(fd)).c_str(), mode) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) return false;
  const Fd again(::openat(parent.at, parent.name.c_str(),
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat one, other;
  if (!again || ::fstat(fd, &one) != 0 || ::fstat(again.get(), &other) != 0) return false;
  if (one.st_dev != other.st_dev || one.st_ino != other.st_ino) {
    errno = EAGAIN;
    return false;
  }
  return ::fchmod(again.get(), mode) == 0;
}

// Root gives away only what it has just made: an owner who is quick may have put a hard link to
// somebody's file under that name, or a directory with something in it.
bool is_newly_made(int fd, const struct stat& st) {
  if (st.st_uid != 0) return false;
  if (!S_ISDIR(st.st_mode)) return st.st_nlink == 1;
  Fd dir(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> listed(::fdopendir(dir.get()), ::closedir);
  if (!listed) return false;
  dir.release();
  int names = 0;
  while (names < 3 && ::readdir(listed.get()) != nullptr) ++names;
  return names == 2;
}

// Root in another user's cache leaves nothing of its own: `fd` goes to the owner of `directory`.
bool give(int fd, int directory) {
  struct stat owner, st;
  if (::geteuid() != 0) return true;
  if (::fstat(directory, &owner) != 0 || ::fstat(fd, &st) != 0) return false;
  if (owner.st_uid == 0 || !is_newly_made(fd, st)) return true;
  return ::fchownat(fd, "", owner.st_uid, owner.st_gid, AT_EMPTY_PATH) == 0;
}

}  // namespace

void Root::make_directories(const std::string& rel) const {
  if (stat(rel).kind == Kind::directory) return;
  const std::size_t slash = rel.rfind('/');
  if (slash != rel.npos) make_directories(rel.substr(0, slash));
  const ParentDir parent = parent_of(fd_.get(), rel);
  if (parent.at < 0) throw_errno(absolute(rel));
  if (::mkdirat(parent.at, parent.name.c_str(), 0777) != 0) {
    if (errno == EEXIST && stat(rel).kind == Kind::directory) return;
    throw_errno(absolute(rel));
  }
  give_to_owner(rel);
}

void Root::rename(const std::string& from, const std::string& to) const {
  rename_into(*this, from, to);
}

void Root::rename_into(const Root& other, const std::string& from, const std::string& to) const {
  const ParentDir source = parent_of(fd_.get(), from);
  if (source.at < 0) throw_errno(absolute(from));
  const ParentDir target = parent_of(other.fd_.get(), to);
  if (target.at < 0) throw_errno(other.absolute(to));
  if (::renameat(source.at, source.name.c_str(), target.at, target.name.c_str()) != 0) {
    throw_errno(absolute(from) + " -> " + other.absolute(to));
  }
}

void Root::remove(const std::string& rel) const {
  const ParentDir parent = parent_of(fd_.get(), rel);
  if (parent.at < 0) throw_errno(absolute(rel));
  if (::unlinkat(parent.at, parent.name.c_str(), 0) == 0) return;
  if (errno == EISDIR || errno == EPERM) {
    if (::unlinkat(parent.at, parent.name.c_str(), AT_REMOVEDIR) == 0) return;
  }
  throw_errno(absolute(rel));
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
  chmod(open(rel, O_PATH | O_NOFOLLOW), rel, mode);
}

void Root::chmod(const Fd& fd, const std::string& rel, mode_t mode) const {
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) throw_errno(absolute(rel));
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
    errno = EINVAL;
    throw_errno(absolute(rel));
  }
  if (!change_mode(fd.get(), mode, parent_of(fd_.get(), rel))) throw_errno(absolute(rel));
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
    throw_errno(absolute(from));
  }
  const Fd out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
  std::string buffer(256 * 1024, '\0');
  while (const ssize_t n = ::read(in.get(), buffer.data(), buffer.size())) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(absolute(from));
    write_all(out.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(n)),
              absolute(to));
  }
  if (::fchmod(out.get(), st.st_mode & 07777) != 0) throw_errno(absolute(to));
  if (!give(out.get(), parent_of(fd_.get(), to).at)) throw_errno(absolute(to));
}

void Root::copy_link(const std::string& from, const std::string& to) const {
  const std::string text = read_link(from);
  const ParentDir target = parent_of(fd_.get(), to);
  if (text.empty()) throw_errno(absolute(from));
  if (::symlinkat(text.c_str(), target.at, target.name.c_str()) != 0) {
    throw_errno(absolute(to));
  }
  give_to_owner(to);
}

void Root::link_or_copy(const std::string& from, const std::string& to) const {
  const ParentDir source = parent_of(fd_.get(), from);
  if (source.at < 0) throw_errno(absolute(from));
  const ParentDir target = parent_of(fd_.get(), to);
  if (target.at < 0) throw_errno(absolute(to));
  if (::linkat(source.at, source.name.c_str(), target.at, target.name.c_str(), 0) == 0) {
    return;
  }
  copy(from, to);
}

void Root::write_new(const std::string& rel, std::string_view bytes, mode_t mode) const {
  const Fd fd = open(rel, O_WRONLY | O_CREAT | O_EXCL, mode);
  write_all(fd.get(), bytes, absolute(rel));
  if (!give(fd.get(), parent_of(fd_.get(), rel).at)) throw_errno(absolute(rel));
}

void Root::give_to_owner(const std::string& rel) const {
  if (::geteuid() != 0) return;
  const ParentDir parent = parent_of(fd_.get(), rel);
  if (parent.at < 0) throw_errno(absolute(rel));
  const Fd fd(::openat(parent.at, parent.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || !give(fd.get(), parent.at)) throw_errno(absolute(rel));
}

Writable::Writable(const Root& root, std::string rel) : root_(root), rel_(std::move(rel)) {
  const Stat st = root_.stat(rel_);
  if (st.kind != Kind::directory || (st.st.st_mode & 0700) == 0700) return;
  directory_ = root_.open(rel_, O_PATH | O_DIRECTORY);
  mode_ = st.st.st_mode & 07777;
  root_.chmod(directory_, rel_, mode_ | 0700);
}

Writable::~Writable() {
  if (!directory_) return;
  try {
    root_.chmod(directory_, rel_, mode_);
  } catch (const std::exception&) {  // it stays writable for its owner: valid, as with -modcacherw
  }
}

}  // namespace recovery

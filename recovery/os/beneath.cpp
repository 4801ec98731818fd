#include "recovery/os/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace recovery {
namespace {

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

// errno as openat2(2) has it, where a link was taken for no directory.
void tell_links(int at, const char* name) {
  struct stat st;
  if (errno != ENOTDIR) return;
  const bool is_link = ::fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
  errno = is_link ? ELOOP : ENOTDIR;
}

int step_by_step(int root, const std::string& rel, int flags, mode_t mode) {
  Fd at(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  for (std::size_t slash; at && (slash = rel.find('/', begin)) != rel.npos; begin = slash + 1) {
    const std::string name = rel.substr(begin, slash - begin);
    Fd next(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) tell_links(at.get(), name.c_str());
    at = std::move(next);
  }
  if (!at) return -1;
  const int fd = ::openat(at.get(), rel.c_str() + begin, flags | O_NOFOLLOW, mode);
  if (fd < 0) tell_links(at.get(), rel.c_str() + begin);
  return fd;
}

}  // namespace

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

void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

ParentDir parent_of(int root, const std::string& rel) {
  if (!is_clean(rel)) {
    errno = EINVAL;
    return {};
  }
  const std::size_t slash = rel.rfind('/');
  if (slash == rel.npos) return {root, rel, {}};
  Fd opened(open_beneath(root, rel.substr(0, slash), O_PATH | O_DIRECTORY, 0));
  return {opened.get(), rel.substr(slash + 1), std::move(opened)};
}

}  // namespace recovery

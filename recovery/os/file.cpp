#include "recovery/os/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "recovery/os/fd.hpp"

namespace recovery {

std::string read_text_file(const std::string& path) {
  constexpr std::size_t most = 64 << 20;
  const auto fail = [&] { throw std::system_error(errno, std::generic_category(), path); };
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  const bool is_no_file = errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
                          errno == ELOOP || errno == ENAMETOOLONG || errno == ENXIO;
  if (!fd && !is_no_file) fail();
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  std::string text;
  std::vector<char> buffer(64 * 1024);
  while (text.size() <= most) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return {};
}

bool exists(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

}  // namespace recovery

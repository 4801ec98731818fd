#include "shim/proc.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "recovery/fd.hpp"

namespace shim {

std::string in_proc(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

std::string read_proc(pid_t pid, const char* file) {
  const recovery::Fd fd(open(in_proc(pid, file).c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t n = fd ? read(fd.get(), text, sizeof text) : 0;
  return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

}  // namespace shim

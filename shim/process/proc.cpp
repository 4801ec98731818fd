#include "shim/process/proc.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "recovery/os/fd.hpp"

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

pid_t parent_of(pid_t pid) {
  const std::string text = read_proc(pid, "stat");
  const std::size_t after_name = text.rfind(')');
  int parent = 0;
  const bool is_read =
      after_name != text.npos && sscanf(text.c_str() + after_name, ") %*c %d", &parent) == 1;
  return is_read ? parent : 0;
}

}  // namespace shim

#include "shim/companion/frame/output.hpp"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "shim/process/pipes.hpp"

namespace shim {
namespace {

int first_error = 0;

}  // namespace

void write_out(std::string_view text) {
  if (first_error == 0) first_error = write_all(STDOUT_FILENO, text);
}

int end_of_output(std::string_view command, int status) {
  if (first_error == 0) return status;
  const std::string subject = command.empty() ? "" : std::string(command) + ": ";
  write_all(STDERR_FILENO,
            "gomend: " + subject + "can't write to stdout: " + strerror(first_error) + "\n");
  return 2;
}

void reserve_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one. What is written to it, or read from it, is an error.
    const int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", way | O_CLOEXEC) < 0) return;
  }
}

}  // namespace shim

#include "recovery/os/umask.hpp"

#include <charconv>

#include "recovery/os/file.hpp"

namespace recovery {

mode_t process_umask() {
  const std::string status = read_text_file("/proc/self/status");
  constexpr std::string_view name = "\nUmask:\t";
  const std::size_t at = status.find(name);
  unsigned mask = 077;
  if (at != status.npos)
    std::from_chars(status.data() + at + name.size(), status.data() + status.size(), mask, 8);
  return mask & 0777;
}

}  // namespace recovery

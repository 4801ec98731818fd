#include "shim/companion/install/installed_files.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "recovery/go/h1.hpp"
#include "recovery/os/fd.hpp"
#include "shim/companion/frame/completions.hpp"
#include "shim/companion/frame/help_text.hpp"
#include "shim/companion/install/shell_text.hpp"
#include "shim/companion/install/startup_files.hpp"

namespace shim {

namespace fs = std::filesystem;

Done on_ground(Ground& ground, const std::function<Done()>& act) {
  Done done;
  try {
    done = act();
  } catch (const std::exception& error) {
    throw std::runtime_error(ground.clean(error.what()));
  }
  for (std::string& problem : done.problems) problem = ground.clean(std::move(problem));
  return done;
}

std::vector<TextFile> text_files(const Commands& commands, const Installation& place,
                                 bool is_alias) {
  const ShellText what{place.dir, is_alias};
  const std::string head = "# made by gomend install; gomend uninstall removes it\n";
  return {{"env.sh", head + shell_text(Shell::sh, what)},
          {"env.fish", head + shell_text(Shell::fish, what)},
          {"share/man/man1/gomend.1", manual(commands)},
          {"share/bash-completion/completions/gomend", bash_completions(commands)},
          {"share/zsh/site-functions/_gomend", zsh_completions(commands)},
          {"share/fish/vendor_completions.d/gomend.fish", fish_completions(commands)}};
}

std::optional<Record> read_record(const Installation& place, Ground& ground) {
  const auto text = read_startup_file(ground.at(place.dir + "/installed"));
  if (!text) return std::nullopt;
  return parse_record(*text, place.in("installed"));
}

// By its path where there is one: under qemu-user /proc/self/exe has the path right, but is the
// emulator's file.
std::string own_binary() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return !error && fs::exists(path, error) ? path.string() : "/proc/self/exe";
}

bool is_there(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0;
}

std::string hash_of(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  if (!error) return recovery::sha256_hex(target.string());
  const recovery::Fd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st;
  if (!file || fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  recovery::Sha256 sum;
  std::string buffer(256 * 1024, '\0');
  while (const ssize_t n = read(file.get(), buffer.data(), buffer.size())) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {};
    sum.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  return recovery::to_hex(sum.raw());
}

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

}  // namespace shim

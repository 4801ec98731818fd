#include "shim/companion/install/startup_files.hpp"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "recovery/os/env.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/umask.hpp"
#include "shim/companion/install/ground.hpp"

namespace shim {
namespace {

namespace fs = std::filesystem;
using recovery::env_value;
using recovery::exists;

constexpr std::string_view begin_mark = "# >>> gomend >>>";
constexpr std::string_view end_mark = "# <<< gomend <<<";
// What taking the block out must undo besides, told in its first line.
constexpr std::string_view made_file = "(this file was made for it)";
constexpr std::string_view ended_line = "(and the line end before)";

struct Block {
  std::size_t begin, end;  // [begin, end) with the last line's end
  std::string_view head;   // its first line
};

std::size_t find_line(std::string_view text, std::string_view start, std::size_t from) {
  for (std::size_t at = text.find(start, from); at != text.npos; at = text.find(start, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return at;
  }
  return text.npos;
}

std::size_t behind_line(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == text.npos ? text.size() : end + 1;
}

std::optional<Block> find_block(std::string_view text) {
  const std::size_t begin = find_line(text, begin_mark, 0);
  if (begin == text.npos) return std::nullopt;
  const std::size_t last = find_line(text, end_mark, begin);
  if (last == text.npos)
    throw std::runtime_error("the line '" + std::string(end_mark) +
                             "' is missing; remove gomend's block by hand");
  return Block{begin, behind_line(text, last),
               text.substr(begin, behind_line(text, begin) - begin)};
}

bool says(const Block& block, std::string_view what) {
  return block.head.find(what) != std::string_view::npos;
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::system_error(error, std::generic_category(), what);
}

void write_all_of(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("can't write " + path, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Where .zshenv may have moved the rest to: zsh itself is asked, the environment of a bash does not
// tell.
std::string zsh_directory(const std::vector<std::string>& env, const std::string& home) {
  if (const std::string dir = env_value(env, "ZDOTDIR"); dir.starts_with("/")) return dir;
  for (const char* zsh : {"/bin/zsh", "/usr/bin/zsh", "/usr/local/bin/zsh"}) {
    if (access(zsh, X_OK) != 0 || !exists(home + "/.zshenv")) continue;
    try {
      const auto answer = recovery::run({zsh, "-c", "print -rn -- \"$ZDOTDIR\""}, env, home,
                                        std::chrono::seconds(5));
      const std::string dir = answer.out.substr(answer.out.rfind('\n') + 1);
      if (answer.ok && dir.starts_with("/") && dir.find(':') == dir.npos) return dir;
    } catch (const std::system_error&) {
      // then it is where it usually is
    }
    break;
  }
  return home;
}

void add_if_there(std::vector<std::string>& files, const std::string& file) {
  if (exists(file) && std::ranges::find(files, file) == files.end()) files.push_back(file);
}

std::vector<std::string> bash_files(const std::string& home) {
  std::vector<std::string> files{home + "/.bashrc"};
  for (const char* name : {"/.bash_profile", "/.bash_login"}) add_if_there(files, home + name);
  // Display managers read it, too; and bash itself, where there is neither of the others.
  if (files.size() == 1 || exists(home + "/.profile")) files.push_back(home + "/.profile");
  return files;
}

std::vector<std::string> zsh_files(const std::vector<std::string>& env, const std::string& home) {
  const std::string dir = zsh_directory(env, home);
  std::vector<std::string> files;
  // Which of two is read depends on who starts the shell: ZDOTDIR may be set in the first.
  add_if_there(files, home + "/.zshenv");
  add_if_there(files, dir + "/.zshenv");
  if (files.empty()) files.push_back(dir + "/.zshenv");
  files.push_back(dir + "/.zprofile");
  files.push_back(dir + "/.zshrc");
  add_if_there(files, dir + "/.zlogin");
  return files;
}

std::string config_home(const std::vector<std::string>& env) {
  const std::string dir = env_value(env, "XDG_CONFIG_HOME");
  return dir.starts_with("/") ? dir : env_value(env, "HOME") + "/.config";
}

}  // namespace

std::string with_block(const std::optional<std::string>& text, const std::string& lines) {
  std::string head(begin_mark);
  head += " gomend uninstall removes these lines";
  const std::optional<std::string> rest = text ? without_block(*text) : std::nullopt;
  if (!rest) {
    head += " ";
    head += made_file;
  }
  std::string out = rest.value_or("");
  if (!out.empty() && !out.ends_with('\n')) {
    head += " ";
    head += ended_line;
    out += '\n';
  }
  return out + head + "\n" + lines + std::string(end_mark) + "\n";
}

std::optional<std::string> without_block(const std::string& text) {
  std::string out = text;
  bool was_made = false;
  while (const auto block = find_block(out)) {
    was_made = was_made || says(*block, made_file);
    // Lines that came behind the block since would be joined to the one before.
    const bool undo_line_end =
        says(*block, ended_line) && block->end == out.size() && block->begin > 0;
    const std::size_t begin = block->begin - (undo_line_end ? 1 : 0);
    out.erase(begin, block->end - begin);
  }
  if (was_made && out.empty()) return std::nullopt;
  return out;
}

bool has_block(std::string_view text) {
  return find_line(text, begin_mark, 0) != text.npos;
}

std::vector<std::string> startup_files(Shell shell, const std::vector<std::string>& env) {
  const std::string home = env_value(env, "HOME");
  switch (shell) {
    case Shell::sh:
      return {home + "/.profile"};
    case Shell::bash:
      return bash_files(home);
    case Shell::zsh:
      return zsh_files(env, home);
    case Shell::fish:
      // A config.fish may leave early where there is no terminal; what others put into conf.d may
      // come later.
      return {config_home(env) + "/fish/conf.d/gomend.fish",
              config_home(env) + "/fish/config.fish"};
  }
  return {};
}

std::vector<std::string> system_startup_files(const std::string& root) {
  Ground ground(root);
  const auto is_there = [&](const char* path) { return exists(ground.through(path)); };
  std::vector<std::string> files;
  for (const char* file : {"/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshenv", "/etc/zshenv",
                           "/etc/zsh/zprofile", "/etc/zprofile", "/etc/zsh/zshrc", "/etc/zshrc"}) {
    if (is_there(file)) files.emplace_back(file);
  }
  if (is_there("/etc/profile")) files.emplace_back("/etc/profile.d/gomend.sh");
  if (is_there("/etc/fish")) files.emplace_back("/etc/fish/conf.d/gomend.fish");
  return files;
}

std::vector<Shell> shells_of(const std::vector<std::string>& env) {
  const std::string home = env_value(env, "HOME");
  const std::string own = fs::path(env_value(env, "SHELL")).filename();
  const auto has = [&](const char* file) { return exists(home + file); };
  std::vector<Shell> shells;
  if (own == "bash" || has("/.bashrc") || has("/.bash_profile") || has("/.bash_login"))
    shells.push_back(Shell::bash);
  if (own == "zsh" || has("/.zshrc") || has("/.zshenv") || has("/.zprofile") ||
      !env_value(env, "ZDOTDIR").empty())
    shells.push_back(Shell::zsh);
  if (own == "fish" || exists(config_home(env) + "/fish")) shells.push_back(Shell::fish);
  const bool is_bash = !shells.empty() && shells.front() == Shell::bash;
  if (shells.empty() || (!is_bash && has("/.profile"))) shells.push_back(Shell::sh);
  return shells;
}

std::optional<std::string> read_startup_file(const std::string& path) {
  constexpr std::size_t most = 4 << 20;
  struct stat st;
  if (lstat(path.c_str(), &st) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail("can't read " + path, errno);
  }
  const recovery::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) fail("can't read " + path, errno);
  if (fstat(file.get(), &st) != 0) fail("can't read " + path, errno);
  if (!S_ISREG(st.st_mode)) throw std::runtime_error(path + " is not a regular file");
  if (static_cast<std::size_t>(st.st_size) > most)
    throw std::runtime_error(path + " is larger than 4 MiB: not a start-up file");
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("can't read " + path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

void write_startup_file(const std::string& path, const std::optional<std::string>& text) {
  if (!text) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) fail("can't remove " + path, errno);
    return;
  }
  std::error_code error;
  const bool is_link = fs::is_symlink(fs::symlink_status(path, error));
  const fs::path real = is_link ? fs::weakly_canonical(path, error) : fs::path(path);
  if (error && is_link) fail("can't write " + path, error.value());
  struct stat st = {};
  const bool is_there = stat(real.c_str(), &st) == 0;
  std::string temporary = real.string() + ".gomend-XXXXXX";
  const recovery::Fd file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) fail("can't write beside " + real.string(), errno);
  try {
    write_all_of(file.get(), *text, path);
    if (is_there && (st.st_uid != geteuid() || st.st_gid != getegid()) &&
        fchown(file.get(), st.st_uid, st.st_gid) != 0)
      fail("can't keep the owner of " + path, errno);
    const mode_t mode = is_there ? st.st_mode & 07777 : 0644 & ~recovery::process_umask();
    if (fchmod(file.get(), mode) != 0) fail("can't keep the mode of " + path, errno);
    if (fsync(file.get()) != 0) fail("can't write " + path, errno);
    if (rename(temporary.c_str(), real.c_str()) != 0) fail("can't write " + path, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
}

}  // namespace shim

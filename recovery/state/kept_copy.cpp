#include "recovery/state/kept_copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_kept = 20;
constexpr off_t largest = 64 << 20;  // bytes

[[noreturn]] void fail(const std::string& file, const std::string& why, const std::string& next) {
  throw std::runtime_error(with_next(file + ": " + why, next));
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string new_directory(const std::vector<std::string>& env) {
  const std::string state = make_state_dir(env);
  if (state.empty())
    throw std::runtime_error(
        "no backup possible of what would change: no private state directory; run: export "
        "XDG_STATE_HOME=DIR");
  const std::string all = state + "/fix";
  ::mkdir(all.c_str(), 0700);
  std::string dir;
  for (int i = 0; i < 1000; ++i) {
    dir = all + "/" + now_in_utc() + "-" + std::to_string(i);
    if (::mkdir(dir.c_str(), 0700) == 0) return dir;
    if (errno != EEXIST) break;
  }
  fail(dir, std::strerror(errno), "ls -ld " + quoted(all));
}

void add(std::vector<std::string>& files, const std::string& file) {
  if (file.starts_with("/") && std::ranges::find(files, file) == files.end()) files.push_back(file);
}

}  // namespace

std::string read_whole(const std::string& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0) fail(file, std::strerror(errno), "ls -l " + quoted(file));
  if (!S_ISREG(st.st_mode)) fail(file, "not a regular file", "ls -ld " + quoted(file));
  if (st.st_size > largest) fail(file, "too large", "ls -l " + quoted(file));
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(file, std::strerror(errno), "ls -l " + quoted(file));
    if (n == 0) fail(file, "changed in the meantime", "");
    done += static_cast<std::size_t>(n);
  }
  return text;
}

void write_new(const std::string& path, const std::string& text, mode_t mode,
               const struct stat& owner) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) fail(path, std::strerror(errno), "");
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) break;
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  const bool is_ours = owner.st_uid == ::geteuid() && owner.st_gid == ::getegid();
  const bool is_given = is_ours || ::fchown(file.get(), owner.st_uid, owner.st_gid) == 0 ||
                        owner.st_uid == ::geteuid();
  if (done == text.size() && is_given && ::fchmod(file.get(), mode) == 0 &&
      ::fsync(file.get()) == 0)
    return;
  const int error = errno;
  ::unlink(path.c_str());
  fail(path, std::strerror(error), "");
}

void keep_newest(const std::string& dir) {
  std::vector<std::filesystem::path> kept;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    kept.push_back(entry.path());
  std::ranges::sort(kept);
  for (std::size_t i = 0; i + most_kept < kept.size(); ++i)
    std::filesystem::remove_all(kept[i], error);
}

std::vector<KeptCopy> keep_copies(const std::vector<std::string>& env,
                                  const std::vector<std::string>& files) {
  std::vector<KeptCopy> kept;
  if (files.empty()) return kept;
  struct stat own = {};
  own.st_uid = ::geteuid();
  own.st_gid = ::getegid();
  std::string dir;
  for (const std::string& file : files) {
    struct stat st;
    kept.push_back({file, ""});
    if (::stat(file.c_str(), &st) != 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
    const std::string text = read_whole(file);
    if (dir.empty()) dir = new_directory(env);
    kept.back().copy = dir + "/" + std::to_string(kept.size() - 1) + "-" + name_of(file);
    write_new(kept.back().copy, text, 0600, own);
  }
  if (!dir.empty()) keep_newest(directory_of(dir));
  return kept;
}

std::vector<std::string> files_at_risk(const Request& request) {
  std::vector<std::string> files;
  if (request.argv.empty()) return files;
  if (request.argv[0] == "git") {
    const auto dir = std::ranges::find(request.argv, "-C");
    if (dir != request.argv.end() && dir + 1 != request.argv.end() &&
        exists(*(dir + 1) + "/.git/config"))
      add(files, *(dir + 1) + "/.git/config");
    return files;
  }
  if (request.argv[0] != "go") return files;  // gomend keeps copies of its own
  const Settings settings = read_settings(request);
  if (request.verb == "env") {
    add(files, settings.env_file);
    return files;
  }
  for (const std::string& file : settings.mod_files) add(files, file);
  for (const std::string& file : settings.sum_files) add(files, file);
  add(files, settings.go_work);
  if (settings.go_mod.ends_with("go.mod")) {
    add(files, settings.go_mod);
    add(files, directory_of(settings.go_mod) + "/go.sum");
  }
  return files;
}

}  // namespace recovery

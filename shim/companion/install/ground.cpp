#include "shim/companion/install/ground.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>
#include <vector>

#include "recovery/os/file.hpp"

namespace shim {
namespace {

using recovery::Fd;

constexpr int most_links = 40;

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

std::string link_text(int at, const char* name) {
  std::string text(4096, '\0');
  const ssize_t n = readlinkat(at, name, text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

// Names of a path, the next one last.
void push_names(const std::string& path, std::vector<std::string>& names) {
  for (std::size_t end = path.size(); end != path.npos && end > 0;) {
    const std::size_t slash = path.rfind('/', end - 1);
    const std::size_t begin = slash == path.npos ? 0 : slash + 1;
    if (begin < end) names.push_back(path.substr(begin, end - begin));
    end = slash;
  }
}

Fd step_by_step(int root, const std::string& path) {
  std::vector<Fd> above;  // the way down, from the root
  std::vector<std::string> names;
  push_names(path, names);
  const auto here = [&] { return above.empty() ? root : above.back().get(); };
  int links = 0;
  while (!names.empty()) {
    const std::string name = std::move(names.back());
    names.pop_back();
    if (name == ".") continue;
    if (name == "..") {
      if (!above.empty()) above.pop_back();
      continue;
    }
    struct stat st;
    Fd next(openat(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next || fstat(next.get(), &st) != 0) return {};
    if (!S_ISLNK(st.st_mode)) {
      above.push_back(std::move(next));
      continue;
    }
    const std::string text = link_text(here(), name.c_str());
    if (text.empty() || ++links > most_links) {
      errno = ELOOP;
      return {};
    }
    if (text.front() == '/') above.clear();
    push_names(text, names);
  }
  return Fd(openat(here(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Fd open_directory(int root, const std::string& path) {
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN))
    return Fd(static_cast<int>(fd));
  return step_by_step(root, path);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::string in_proc(const Fd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

}  // namespace

Ground::Ground(const std::string& root) : root_(root) {
  if (root.empty()) return;
  fd_ = Fd(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) fail(root);
  if (access(in_proc(fd_).c_str(), F_OK) != 0) fail("--root needs /proc: " + in_proc(fd_));
}

std::string Ground::directory(const std::string& path) {
  if (root_.empty()) return path;
  const auto known = directories_.find(path);
  if (known != directories_.end()) return in_proc(known->second);
  Fd fd = open_directory(fd_.get(), path);
  if (!fd && errno != ENOENT) fail(path);
  return fd ? in_proc(directories_[path] = std::move(fd)) : std::string();
}

std::string Ground::at(const std::string& path) {
  if (root_.empty()) return path;
  const std::string parent = directory(directory_of(path));
  return parent.empty() ? parent : parent + path.substr(path.rfind('/'));
}

std::string Ground::must(const std::string& path) {
  std::string place = at(path);
  if (!place.empty()) return place;
  errno = ENOENT;
  fail(directory_of(path));
}

std::string Ground::through(const std::string& path) {
  if (root_.empty()) return path;
  std::string inside = path;
  for (int links = 0; links < most_links; ++links) {
    const std::string place = at(inside);
    const std::string text = place.empty() ? place : link_text(AT_FDCWD, place.c_str());
    if (text.empty()) return place;
    inside = text.front() == '/' ? text : directory_of(inside) + "/" + text;
    while (inside.size() > 1 && inside.ends_with('/')) inside.pop_back();
    const std::string name = inside.substr(inside.rfind('/') + 1);
    if (name.empty() || name == "." || name == "..") return directory(inside);
  }
  errno = ELOOP;
  fail(path);
}

std::string Ground::clean(std::string words) const {
  for (const auto& [path, fd] : directories_) {
    const std::string known = in_proc(fd);
    for (std::size_t at = 0; (at = words.find(known, at)) != words.npos;) {
      const std::size_t end = at + known.size();
      if (end < words.size() && words[end] >= '0' && words[end] <= '9') {
        at = end;
        continue;
      }
      words.replace(at, known.size(), root_ + (path == "/" ? "" : path));
      at += root_.size();
    }
  }
  return words;
}

}  // namespace shim

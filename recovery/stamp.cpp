#include "recovery/stamp.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "recovery/fd.hpp"

namespace recovery {
namespace {

constexpr int most_depth = 100;  // of directories in a tree, each open

long long ns(const timespec& t) {
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

class Lister {
 public:
  Lister(Stamper& stamper, std::vector<ListedFile>& files) : stamper_(stamper), files_(files) {}

  bool list(int dir, const std::string& below, int depth = 0) {
    struct stat st;
    if (depth > most_depth || ::fstat(dir, &st) != 0 || (st.st_mode & 0500) != 0500) return false;
    const int copy = ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy),
                                                     ::closedir);
    if (!stream) return false;
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    std::ranges::sort(names);
    stamper_.text(below);
    return std::ranges::all_of(
        names, [&](const std::string& name) { return take(dir, below, name, depth); });
  }

 private:
  bool take(int dir, const std::string& below, const std::string& name, int depth) {
    struct stat st;
    if (::fstatat(dir, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISDIR(st.st_mode)) {
      const Fd inner(::openat(dir, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      return inner && list(inner.get(), below + name + "/", depth + 1);
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & 0400) == 0) return false;
    stamper_.text(name);
    stamper_.stat(st);
    files_.push_back({below + name, static_cast<std::uint64_t>(st.st_size)});
    return true;
  }

  Stamper& stamper_;
  std::vector<ListedFile>& files_;
};

}  // namespace

void Stamper::text(std::string_view text) {
  number(text.size());
  buffer_ += text;
  if (buffer_.size() < 16 * 1024) return;
  sum_.update(buffer_);
  buffer_.clear();
}

void Stamper::stat(const struct stat& st) {
  number(st.st_mode);
  number(st.st_uid);
  number(static_cast<std::uint64_t>(st.st_size));
  number(st.st_ino);
  number(st.st_dev);
  number(static_cast<std::uint64_t>(ns(st.st_mtim)));
  number(static_cast<std::uint64_t>(ns(st.st_ctim)));
  changed_ns_ = std::max(changed_ns_, ns(st.st_ctim));
}

void Stamper::absent() {
  number(~0ULL);
}

Stamp Stamper::take() {
  sum_.update(buffer_);
  buffer_.clear();
  return sum_.next();
}

void Stamper::number(std::uint64_t n) {
  char bytes[sizeof n];
  std::memcpy(bytes, &n, sizeof n);
  buffer_.append(bytes, sizeof n);
}

bool list_tree(int dir, Stamper& stamper, std::vector<ListedFile>& files) {
  return Lister(stamper, files).list(dir, "");
}

}  // namespace recovery

#include "recovery/state/stamp.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "recovery/os/fd.hpp"

namespace recovery {
namespace {

constexpr int most_depth = 100;  // of directories in a tree, each open

long long ns(const timespec& t) {
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// getdents64(2) and one fstatat(2) a file: most of what a verification costs when nothing changed.
class Lister {
 public:
  // Without a stamper names are enough, as far as the directory itself tells what they are.
  Lister(Stamper* stamper, std::vector<ListedFile>& files) : stamper_(stamper), files_(files) {}

  bool list(int dir, const std::string& below, int depth = 0) {
    struct stat st;
    if (depth > most_depth || ::fstat(dir, &st) != 0 || (st.st_mode & 0500) != 0500) return false;
    std::vector<Name> names;
    if (!read_names(dir, names)) return false;
    std::ranges::sort(names, {}, &Name::text);
    if (stamper_ != nullptr) stamper_->text(below);
    return std::ranges::all_of(names,
                               [&](const Name& name) { return take(dir, below, name, depth); });
  }

 private:
  struct Name {
    std::string text;
    unsigned char type;  // DT_UNKNOWN: the file system does not say
  };

  bool read_names(int dir, std::vector<Name>& names) {
    while (true) {
      const ssize_t size = ::getdents64(dir, buffer_.data(), buffer_.size());
      if (size <= 0) return size == 0;
      for (ssize_t at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer_.data() + at);
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.push_back({entry->d_name, entry->d_type});
        at += entry->d_reclen;
      }
    }
  }

  bool take(int dir, const std::string& below, const Name& name, int depth) {
    if (stamper_ == nullptr && name.type == DT_REG) {
      files_.push_back({below + name.text, 0});
      return true;
    }
    struct stat st;
    if (name.type != DT_DIR && ::fstatat(dir, name.text.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
      return false;
    if (name.type == DT_DIR || S_ISDIR(st.st_mode)) {
      const Fd inner(
          ::openat(dir, name.text.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      return inner && list(inner.get(), below + name.text + "/", depth + 1);
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & 0400) == 0) return false;
    if (stamper_ != nullptr) {
      stamper_->text(name.text);
      stamper_->stat(st);
    }
    files_.push_back({below + name.text, static_cast<std::uint64_t>(st.st_size)});
    return true;
  }

  Stamper* stamper_;
  std::vector<ListedFile>& files_;
  alignas(dirent64) std::array<char, 32 * 1024> buffer_;
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
  return Lister(&stamper, files).list(dir, "");
}

bool list_names(int dir, std::vector<ListedFile>& files) {
  return Lister(nullptr, files).list(dir, "");
}

}  // namespace recovery

#include "recovery/state/memo.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "recovery/os/fd.hpp"
#include "recovery/os/trace.hpp"

namespace recovery {
namespace {

constexpr std::string_view head = "gomend verified 1\n";
constexpr std::size_t stamp_size = sizeof(Stamp), count_size = 8;
constexpr std::size_t most_stamps = 1 << 20;  // 32 MiB
constexpr std::size_t most_memos = 32;
constexpr long long grain_ns = 2'000'000'000;

long long now_ns() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::string_view as_text(const std::vector<Stamp>& stamps) {
  return {reinterpret_cast<const char*>(stamps.data()), stamps.size() * stamp_size};
}

std::string read_own_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  if (st.st_uid != ::geteuid() || (st.st_mode & 077) != 0) return {};
  constexpr auto largest = head.size() + count_size + (most_stamps + 1) * stamp_size;
  if (static_cast<unsigned long long>(st.st_size) > largest) return {};
  std::string bytes(static_cast<std::size_t>(st.st_size), '\0');
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void sort(std::vector<Stamp>& stamps) {
  std::ranges::sort(stamps);
  const auto twice = std::ranges::unique(stamps);
  stamps.erase(twice.begin(), twice.end());
}

// What a gomend that was killed has left half written, and memos of caches that nobody looks at any
// more.
void sweep(const std::string& dir) {
  std::error_code error;
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> memos;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const auto time = entry.last_write_time(error);
    const bool is_half = entry.path().has_extension();
    const bool is_old =
        std::filesystem::file_time_type::clock::now() - time > std::chrono::hours(1);
    if (is_half && is_old) std::filesystem::remove(entry.path(), error);
    if (!is_half) memos.emplace_back(time, entry.path());
  }
  if (memos.size() <= most_memos) return;
  std::ranges::sort(memos);
  for (std::size_t i = 0; i < memos.size() - most_memos; ++i)
    std::filesystem::remove(memos[i].second, error);
}

}  // namespace

std::optional<std::vector<Stamp>> parse_memo(std::string_view bytes) {
  if (!bytes.starts_with(head) || bytes.size() < head.size() + count_size + stamp_size)
    return std::nullopt;
  std::uint64_t count = 0;
  for (std::size_t i = count_size; i-- > 0;)
    count = count << 8 | static_cast<unsigned char>(bytes[head.size() + i]);
  const std::size_t size = bytes.size() - head.size() - count_size - stamp_size;
  if (count > most_stamps || size != count * stamp_size) return std::nullopt;
  Sha256 sum;
  sum.update(bytes.substr(0, bytes.size() - stamp_size));
  if (sum.raw() != bytes.substr(bytes.size() - stamp_size)) return std::nullopt;
  std::vector<Stamp> stamps(count);
  if (size > 0) std::memcpy(stamps.data(), bytes.data() + head.size() + count_size, size);
  if (!std::ranges::is_sorted(stamps)) return std::nullopt;
  return stamps;
}

std::string format_memo(const std::vector<Stamp>& sorted) {
  std::string bytes(head);
  for (std::size_t i = 0; i < count_size; ++i)
    bytes += static_cast<char>(sorted.size() >> (8 * i) & 0xff);
  bytes += as_text(sorted);
  Sha256 sum;
  sum.update(bytes);
  return bytes + sum.raw();
}

Memo::Memo(const std::string& dir, const std::string& cache_path, bool forget)
    : forget_(forget), opened_ns_(now_ns()) {
  if (dir.empty()) return;
  path_ = dir + "/verified/" + sha256_hex(cache_path).substr(0, 32);
  if (auto stamps = parse_memo(read_own_file(path_))) known_ = std::move(*stamps);
}

bool Memo::knows(const Stamp& stamp) {
  if (forget_ || !std::ranges::binary_search(known_, stamp)) return false;
  const std::lock_guard guard(mutex_);
  met_.push_back(stamp);
  return true;
}

void Memo::note(const Stamp& stamp, long long changed_ns) {
  // What says to have changed after we began may do so again, unseen.
  if (path_.empty() || changed_ns > opened_ns_ - grain_ns) return;
  const std::lock_guard guard(mutex_);
  met_.push_back(stamp);
  has_news_ = true;
}

void Memo::save(bool is_all) {
  if (path_.empty()) return;
  const std::lock_guard guard(mutex_);
  std::vector<Stamp> stamps = met_;
  sort(stamps);
  if (!has_news_ && (!is_all || stamps.size() == known_.size())) return;
  if (!is_all) {
    stamps.insert(stamps.end(), known_.begin(), known_.end());
    sort(stamps);
  }
  if (stamps.size() > most_stamps) stamps.resize(most_stamps);
  const std::string dir = path_.substr(0, path_.rfind('/'));
  ::mkdir(dir.c_str(), 0700);
  const std::string fresh = path_ + "." + std::to_string(::getpid());
  ::unlink(fresh.c_str());
  const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file && write_whole(file.get(), format_memo(stamps)) &&
      ::rename(fresh.c_str(), path_.c_str()) == 0) {
    return sweep(dir);
  }
  trace("memo: " + path_ + " can't be written");
  ::unlink(fresh.c_str());
}

}  // namespace recovery

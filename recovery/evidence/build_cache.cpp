#include "recovery/evidence/build_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "recovery/go/h1.hpp"
#include "recovery/os/progress.hpp"
#include "recovery/state/stamp.hpp"

namespace recovery {
namespace {

using Clock = std::chrono::steady_clock;
using Kind_ = BadEntry::Kind;

constexpr std::size_t buckets = 256;
constexpr std::string_view hex = "0123456789abcdef";

std::string bucket_name(std::size_t i) {
  return {hex[i >> 4], hex[i & 15]};
}

// "<64 hex>-a" or "-d", in its own bucket.
bool is_entry(const std::string& bucket, const std::string& name) {
  return name.size() == 66 && name.starts_with(bucket) && name.find_first_not_of(hex) == 64 &&
         (name.ends_with("-a") || name.ends_with("-d"));
}

// Bytes that must hash to a name.
struct Object {
  std::string rel;
  std::string output;  // 64 hex
  Stat seen;
  long long used_ns() const {
    return static_cast<long long>(seen.st.st_mtim.tv_sec) * 1'000'000'000 + seen.st.st_mtim.tv_nsec;
  }
};

// Runs take(i) for all i below `count`, on all processors; missed(error) where one throws.
template <class Take, class Missed>
void in_parallel(std::size_t count, const Take& take, const Missed& missed) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < count;) {
      try {
        take(i);
      } catch (const std::exception& error) {
        missed(error);
      }
    }
  };
  const std::size_t helpers =
      std::min<std::size_t>({count / 8, std::thread::hardware_concurrency(), 8});
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < helpers; ++i) threads.emplace_back(work);
  work();
}

bool keeps_us_out(const Stat& st, mode_t needed) {
  return ::geteuid() != 0 && (st.st.st_uid != ::geteuid() || (st.st.st_mode & needed) != needed);
}

Kind_ closed_by(const Stat& st) {
  return st.st.st_uid == ::geteuid() ? Kind_::closed : Kind_::foreign;
}

class Surveyor {
 public:
  explicit Surveyor(const Root& cache) : cache_(cache) {}

  void list() {
    if (!look_at_top()) return;  // what is behind it shows only when it is open
    all(buckets, [&](std::size_t i) { list_bucket(bucket_name(i)); });
  }

  void hash(long long used_since_ns, std::chrono::milliseconds patience,
            std::chrono::milliseconds budget) {
    std::ranges::sort(objects_, std::ranges::greater(),
                      [](const Object& o) { return o.used_ns(); });
    const auto start = Clock::now();
    all(objects_.size(), [&](std::size_t i) {
      const Object& object = objects_[i];
      const auto limit = object.used_ns() >= used_since_ns ? patience : budget;
      if (Clock::now() - start < limit && is_sound(object) == false) add_suspect(object);
    });
    if (!suspects_.empty()) keep_what_go_would_use();
  }

  void hash_all(Memo& memo, Progress& progress) {
    for (const Object& object : objects_)
      progress.total += static_cast<std::uint64_t>(object.seen.size());
    all(objects_.size(), [&](std::size_t i) {
      const Object& object = objects_[i];
      Stamper stamper;
      stamper.text(object.rel);
      stamper.stat(object.seen.st);
      const Stamp stamp = stamper.take();
      if (!memo.knows(stamp)) {
        const auto sound = is_sound(object);
        if (sound == true) memo.note(stamp, stamper.changed_ns());
        if (sound == false) add_suspect(object);
      }
      progress.done += static_cast<std::uint64_t>(object.seen.size());
    });
    if (has_seen_all_) find_dead();
    if (!suspects_.empty()) keep_what_go_would_use();
    result_.entries = objects_.size() + actions_.size();
  }

  Survey result() { return std::move(result_); }

 private:
  // What can't be told is noted: nothing that builds on having seen everything is done then.
  template <class Take>
  void all(std::size_t count, const Take& take) {
    in_parallel(count, take, [&](const std::exception& error) {
      const std::lock_guard guard(mutex_);
      has_seen_all_ = false;
      if (result_.unread.empty()) result_.unread = error.what();
    });
  }

  // Of what lies beside the buckets, go (before 1.26) needs trim.txt.
  bool look_at_top() {
    Stat top;
    if (::lstat(cache_.path().c_str(), &top.st) == 0 && S_ISDIR(top.st.st_mode) &&
        keeps_us_out(top, 0700)) {
      add("", closed_by(top), top);
      return false;
    }
    const Stat st = cache_.stat("trim.txt");
    if (st.kind == Kind::absent || leads_to("trim.txt", st, S_IFREG)) return true;
    if (st.kind != Kind::regular)
      add("trim.txt", Kind_::no_file, st);
    else if (keeps_us_out(st, 0600))
      add("trim.txt", closed_by(st), st);
    return true;
  }

  void list_bucket(const std::string& bucket) {
    const Stat st = cache_.stat(bucket);
    if (st.kind == Kind::absent || leads_to(bucket, st, S_IFDIR)) return;
    if (st.kind != Kind::directory)
      return add(bucket, st.kind == Kind::denied ? Kind_::foreign : Kind_::no_file, st);
    if (keeps_us_out(st, 0700)) add(bucket, closed_by(st), st);
    const auto names = cache_.list(bucket);
    const auto here = cache_.at(bucket);
    if (!names || !here) {
      has_seen_all_ = false;
      return;
    }
    for (const std::string& name : *names) {
      if (is_entry(bucket, name)) look_at(bucket + "/" + name, here->stat(name));
    }
  }

  void look_at(const std::string& rel, const Stat& st) {
    const bool is_action = rel.ends_with("-a");
    if (st.kind == Kind::absent || leads_to(rel, st, S_IFREG)) return;
    if (st.kind == Kind::directory && !is_action) return look_at_program(rel, st);
    if (st.kind != Kind::regular) return add(rel, Kind_::no_file, st);
    if (keeps_us_out(st, 0400) && !can_read(rel)) return add(rel, closed_by(st), st);
    if (is_action)
      add_action(rel);
    else
      add_object({rel, rel.substr(3, 64), st});
  }

  // One program in a directory; an empty one is in the way of what should be there.
  void look_at_program(const std::string& rel, const Stat& st) {
    const auto names = cache_.list(rel);
    if (!names) return add(rel, closed_by(st), st);
    if (names->empty()) return add(rel, Kind_::no_file, st);
    const std::lock_guard guard(mutex_);
    result_.programs.push_back(rel);
    if (names->size() > 1) return;  // go itself makes it anew
    const std::string file = rel + "/" + names->front();
    const Stat inner = cache_.stat(file);
    if (inner.kind != Kind::regular) return;
    objects_.push_back({file, rel.substr(3, 64), inner});
    if ((inner.st.st_mode & 0111) == 0) result_.bad.push_back({file, Kind_::inert, inner});
  }

  // A link that leads to what should be there is somebody's way to keep it elsewhere.
  bool leads_to(const std::string& rel, const Stat& st, mode_t type) const {
    struct stat target;
    return st.kind == Kind::symlink && ::stat(cache_.absolute(rel).c_str(), &target) == 0 &&
           (target.st_mode & S_IFMT) == type;
  }

  bool can_read(const std::string& rel) const {
    return bool(cache_.try_open(rel, O_RDONLY | O_NONBLOCK | O_NOCTTY)) || errno != EACCES;
  }

  // nullopt: gone, or not ours to read.
  std::optional<bool> is_sound(const Object& object) const {
    const Fd fd = cache_.try_open(object.rel, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd) return std::nullopt;
    Sha256 sum;
    std::string buffer(256 * 1024, '\0');
    while (const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size())) {
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EIO) return false;  // go can't read it either
      if (n < 0)
        throw std::system_error(errno, std::generic_category(), cache_.absolute(object.rel));
      sum.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
    }
    return to_hex(sum.raw()) == object.output;
  }

  // What no action claims with this very size go makes anew by itself, or is writing now.
  void keep_what_go_would_use() {
    std::map<std::string, std::set<long long>> claimed;
    all(actions_.size(), [&](std::size_t i) {
      const auto text = cache_.read(actions_[i], 4096);
      // v1 <64 hex> <64 hex> <size, 20 wide> <time>
      if (!text || text->size() < 154) return;
      const std::string output = text->substr(68, 64);
      const long long size = std::atoll(text->substr(133, 20).c_str());
      const std::lock_guard guard(mutex_);
      claimed[output].insert(size);
    });
    for (const Object& object : suspects_) {
      const auto found = claimed.find(object.output);
      if (found != claimed.end() && found->second.contains(object.seen.size()))
        add(object.rel, Kind_::rotten, object.seen);
    }
  }

  void find_dead() {
    std::set<std::string> there;
    for (const Object& object : objects_) there.insert(object.output);
    for (const std::string& rel : result_.programs) there.insert(rel.substr(3, 64));
    for (const BadEntry& entry : result_.bad) {
      if (entry.rel.size() > 67) there.insert(entry.rel.substr(3, 64));
    }
    all(actions_.size(), [&](std::size_t i) {
      const auto text = cache_.read(actions_[i], 4096);
      if (!text || text->size() < 154 || there.contains(text->substr(68, 64))) return;
      const std::lock_guard guard(mutex_);
      result_.dead.push_back(actions_[i]);
    });
  }

  void add(const std::string& rel, Kind_ kind, const Stat& st) {
    const std::lock_guard guard(mutex_);
    result_.bad.push_back({rel, kind, st});
  }
  void add_action(const std::string& rel) {
    const std::lock_guard guard(mutex_);
    actions_.push_back(rel);
  }
  void add_object(Object object) {
    const std::lock_guard guard(mutex_);
    objects_.push_back(std::move(object));
  }
  void add_suspect(const Object& object) {
    const std::lock_guard guard(mutex_);
    suspects_.push_back(object);
  }

  const Root& cache_;
  std::atomic<bool> has_seen_all_ = true;  // every bucket, and every entry's kind
  std::mutex mutex_;                       // of all below
  Survey result_;
  std::vector<std::string> actions_;
  std::vector<Object> objects_;
  std::vector<Object> suspects_;
};

}  // namespace

bool Survey::has(BadEntry::Kind kind) const {
  return std::ranges::any_of(bad, [&](const BadEntry& entry) { return entry.kind == kind; });
}

Survey survey(const Root& build_cache, long long used_since_ns, std::chrono::milliseconds patience,
              std::chrono::milliseconds budget) {
  Surveyor surveyor(build_cache);
  surveyor.list();
  surveyor.hash(used_since_ns, patience, budget);
  return surveyor.result();
}

Survey survey_all(const Root& build_cache, Memo& memo, Progress& progress) {
  Surveyor surveyor(build_cache);
  surveyor.list();
  surveyor.hash_all(memo, progress);
  return surveyor.result();
}

std::vector<std::string> describe(const Survey& survey) {
  struct Phrase {
    Kind_ kind;
    const char* one;
    const char* many;
  };
  static constexpr std::array phrases{
      Phrase{Kind_::rotten, "1 entry is corrupt (content does not match its SHA-256)",
             " entries are corrupt (content does not match their SHA-256)"},
      Phrase{Kind_::no_file, "1 entry is not a regular file", " entries are not regular files"},
      Phrase{Kind_::closed, "1 entry: permission denied", " entries: permission denied"},
      Phrase{Kind_::foreign, "1 entry is owned by another user: permission denied",
             " entries are owned by another user: permission denied"},
      Phrase{Kind_::inert, "1 program is not executable", " programs are not executable"},
  };
  std::vector<std::string> words;
  for (const Phrase& phrase : phrases) {
    const auto n = std::ranges::count(survey.bad, phrase.kind, &BadEntry::kind);
    if (n == 1) words.emplace_back(phrase.one);
    if (n > 1) words.push_back(std::to_string(n) + phrase.many);
  }
  return words;
}

}  // namespace recovery

#include "recovery/state/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "recovery/os/env.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/file_lock.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/trace.hpp"

namespace recovery {
namespace {

constexpr int version = 2;                  // of a line: since 2 it has an action
constexpr off_t largest_read = 64 << 20;    // bytes
constexpr off_t largest_journal = 4 << 20;  // bytes; then the older half goes

constexpr std::chrono::seconds lock_patience(2);

// Root with another user's HOME makes no directory there: it would keep that user out.
void make_dir(const std::string& dir, uid_t parents_owner) {
  if (::geteuid() != 0 || parents_owner == 0) ::mkdir(dir.c_str(), 0700);
}

bool make_private_dir(const std::string& dir) {
  struct stat st;
  uid_t owner = 0;
  for (std::size_t slash = dir.find('/', 1);; slash = dir.find('/', slash + 1)) {
    const std::string part = dir.substr(0, slash);
    make_dir(part, owner);
    if (::lstat(part.c_str(), &st) != 0) return false;
    owner = st.st_uid;
    if (slash == dir.npos) break;
  }
  return S_ISDIR(st.st_mode) && st.st_uid == ::geteuid() && (st.st_mode & 077) == 0;
}

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Fd open_to_append(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
}

// Still the file of that name? Another may have put a shorter one in its place.
bool stands_at(const Fd& file, const std::string& path) {
  struct stat one, other;
  return ::fstat(file.get(), &one) == 0 && ::lstat(path.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Keeps the newer half of a journal that has grown too large; under its lock. The new one is whole,
// on the disk and locked before it takes the old one's place.
void shorten(Fd& file, const std::string& path) {
  const std::string text = read_text_file(path);
  const std::size_t middle = text.find('\n', text.size() / 2);
  if (middle == text.npos) return;
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  Fd fresh(::open(beside.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fresh && lock_within(fresh.get(), std::chrono::seconds(0)) &&
      write_whole(fresh.get(), std::string_view(text).substr(middle + 1)) &&
      ::fsync(fresh.get()) == 0 && ::rename(beside.c_str(), path.c_str()) == 0) {
    file = std::move(fresh);
    return;
  }
  ::unlink(beside.c_str());
  trace("journal: can't be shortened");
}

// A line that was torn (a full disk, a power cut) must not swallow this one; and where this one
// can't be written whole, nothing of it stays (under the lock: else it may be another's).
bool append_line(const Fd& file, std::string line, bool is_locked) {
  struct stat st;
  char last = '\n';
  if (::fstat(file.get(), &st) != 0) return false;
  if (st.st_size > 0 && ::pread(file.get(), &last, 1, st.st_size - 1) != 1) return false;
  if (last != '\n') line.insert(0, "\n");
  if (write_whole(file.get(), line)) return true;
  if (!is_locked || ::ftruncate(file.get(), st.st_size) != 0)
    trace("journal: its last line is torn");
  return false;
}

RepairAction action_in(const Json& line) {
  return line.contains("v") ? action_of(line["action"].text())
                            : action_of_words(line["done"].text());
}

}  // namespace

std::string now_in_utc() {
  const std::time_t time = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string state_dir(const std::vector<std::string>& env) {
  const std::string state = env_value(env, "XDG_STATE_HOME");
  if (state.starts_with("/")) return state + "/gomend";
  const std::string home = env_value(env, "HOME");
  struct stat st;
  const bool is_there = home.starts_with("/") && ::stat(home.c_str(), &st) == 0;
  return is_there ? home + "/.local/state/gomend"
                  : std::string();  // a HOME that is not is not made
}

std::string make_state_dir(const std::vector<std::string>& env) {
  const std::string dir = state_dir(env);
  return !dir.empty() && make_private_dir(dir) ? dir : std::string();
}

void write_journal(const std::vector<std::string>& env, const JournalEntry& entry) {
  const std::string dir = make_state_dir(env);
  if (dir.empty()) return trace("journal: no state directory of ours");
  const std::string path = dir + "/journal.jsonl";
  Fd file = open_to_append(path);
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0 || st.st_uid != ::geteuid()) {
    return trace("journal: " + path + " can't be written");
  }
  // Whoever keeps the lock for so long was stopped. A line added without it is whole (O_APPEND).
  bool is_locked = lock_within(file.get(), lock_patience);
  for (int i = 0; i < 10 && is_locked && !stands_at(file, path); ++i) {
    file = open_to_append(path);
    is_locked = file && lock_within(file.get(), lock_patience);
  }
  if (!file || ::fstat(file.get(), &st) != 0) return trace("journal: " + path + " is gone");
  if (is_locked && st.st_size > largest_journal) shorten(file, path);
  const Json line{{"v", version},
                  {"time", now_in_utc()},
                  {"module", entry.module},
                  {"class", entry.class_id},
                  {"findings", entry.findings},
                  {"action", code_of(entry.action)},
                  {"done", entry.done},
                  {"source", entry.source},
                  {"cache", entry.cache},
                  {"quarantine", entry.quarantine},
                  {"replaced", entry.replaced}};
  if (!append_line(file, line.dump() + "\n", is_locked))
    trace("journal: " + path + " is not written");
}

Journal open_journal(const std::vector<std::string>& env) {
  Journal journal;
  const std::string dir = state_dir(env);
  if (dir.empty()) return journal;
  journal.path = dir + "/journal.jsonl";
  struct stat st;
  if (::stat(journal.path.c_str(), &st) != 0) {
    if (errno != ENOENT) journal.failure = std::strerror(errno);
    return journal;
  }
  if (!S_ISREG(st.st_mode)) {
    journal.failure = "not a regular file";
    return journal;
  }
  if (st.st_size > largest_read) {
    journal.failure = "too large for a journal";
    return journal;
  }
  if (::access(journal.path.c_str(), R_OK) != 0) journal.failure = std::strerror(errno);
  const std::string text = read_text_file(journal.path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const Json line = Json::parse(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    if (line["time"].text().empty()) {
      ++journal.broken_lines;
      continue;
    }
    journal.entries.push_back({line["time"].text(), line["module"].text(), line["class"].text(),
                               line["findings"].texts(), line["done"].text(), line["source"].text(),
                               line["cache"].text(), line["quarantine"].text(),
                               line["replaced"].texts(), action_in(line)});
  }
  return journal;
}

std::vector<JournalEntry> read_journal(const std::vector<std::string>& env) {
  return open_journal(env).entries;
}

}  // namespace recovery

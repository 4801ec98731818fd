#include "recovery/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "recovery/fd.hpp"
#include "recovery/go_mod.hpp"
#include "recovery/recover.hpp"
#include "recovery/run.hpp"

namespace recovery {
namespace {

constexpr off_t largest_read = 64 << 20;    // bytes
constexpr off_t largest_journal = 4 << 20;  // bytes; then the older half goes

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

// Keeps the newer half of a journal that has grown too large; under its lock.
void shorten(const Fd& file, const std::string& path) {
  const std::string text = read_text_file(path);
  const std::size_t middle = text.find('\n', text.size() / 2);
  if (middle == text.npos || ::ftruncate(file.get(), 0) != 0) return;
  const std::string rest = text.substr(middle + 1);
  if (::write(file.get(), rest.data(), rest.size()) < 0) trace("journal: can't be shortened");
}

std::string text_of(const nlohmann::json& line, const char* name) {
  return line.contains(name) && line[name].is_string() ? line[name].get<std::string>()
                                                       : std::string();
}

std::vector<std::string> list_of(const nlohmann::json& line, const char* name) {
  std::vector<std::string> values;
  if (!line.contains(name) || !line[name].is_array()) return values;
  for (const auto& value : line[name]) {
    if (value.is_string()) values.push_back(value.get<std::string>());
  }
  return values;
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
  const Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0 || st.st_uid != ::geteuid()) {
    return trace("journal: " + path + " can't be written");
  }
  ::flock(file.get(), LOCK_EX);
  if (st.st_size > largest_journal) shorten(file, path);
  const nlohmann::ordered_json line{{"time", now_in_utc()},      {"module", entry.module},
                                    {"class", entry.class_id},   {"findings", entry.findings},
                                    {"done", entry.done},        {"source", entry.source},
                                    {"cache", entry.cache},      {"quarantine", entry.quarantine},
                                    {"replaced", entry.replaced}};
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (::write(file.get(), text.data(), text.size()) < 0)
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
    journal.failure = "it is no file";
    return journal;
  }
  if (st.st_size > largest_read) {
    journal.failure = "it is far too large for a journal";
    return journal;
  }
  if (::access(journal.path.c_str(), R_OK) != 0) journal.failure = std::strerror(errno);
  const std::string text = read_text_file(journal.path);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const auto line =
        nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                              text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    begin = end + 1;
    if (!line.is_object() || text_of(line, "time").empty()) {
      ++journal.broken_lines;
      continue;
    }
    journal.entries.push_back(
        {text_of(line, "time"), text_of(line, "module"), text_of(line, "class"),
         list_of(line, "findings"), text_of(line, "done"), text_of(line, "source"),
         text_of(line, "cache"), text_of(line, "quarantine"), list_of(line, "replaced")});
  }
  return journal;
}

std::vector<JournalEntry> read_journal(const std::vector<std::string>& env) {
  return open_journal(env).entries;
}

}  // namespace recovery

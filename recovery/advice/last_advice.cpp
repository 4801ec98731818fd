#include "recovery/advice/last_advice.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "recovery/advice/advised_command.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/text.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

constexpr off_t largest = 64 << 10;  // bytes

std::string path_in(const std::string& state) {
  return state + "/advice.json";
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("can't read " + path + ": " + why + "; run: mv " + quoted(path) + " " +
                           quoted(path + ".bad"));
}

bool is_ours_alone(const struct stat& st) {
  return st.st_uid == ::geteuid() && (st.st_mode & 022) == 0;
}

std::string read_note(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0) refuse(path, std::strerror(errno));
  if (!S_ISREG(st.st_mode)) refuse(path, "not a regular file");
  if (!is_ours_alone(st)) refuse(path, "owned or writable by others");
  if (st.st_size > largest) refuse(path, "not written by gomend");
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  const ssize_t n = ::read(file.get(), text.data(), text.size());
  if (n < 0) refuse(path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(n));
  return text;
}

bool is_whole(const Json& note) {
  for (const char* name : {"time", "class", "dir", "words"}) {
    if (!note[name].is_string()) return false;
  }
  const Json command = note["command"];
  return command.is_array() && command.texts().size() == command.size();
}

bool is_directory(const std::string& dir) {
  return dir.starts_with("/") && dir.find('\0') == dir.npos;
}

}  // namespace

void note_advice(const std::vector<std::string>& env, LastAdvice advice) {
  if (advice.command.empty() || !is_directory(advice.dir)) return forget_advice(env);
  const std::string state = make_state_dir(env);
  if (state.empty()) return trace("advice: no state directory of ours");
  const Json note{{"time", now_in_utc()},
                  {"class", advice.class_id},
                  {"dir", advice.dir},
                  {"command", advice.command},
                  {"words", advice.words}};
  const std::string text = note.dump() + "\n";
  if (Json::parse(text) != note) return forget_advice(env);  // a directory that is no UTF-8
  const std::string path = path_in(state);
  const std::string beside = path + "." + std::to_string(::getpid());
  ::unlink(beside.c_str());
  const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool is_written =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (is_written && ::rename(beside.c_str(), path.c_str()) == 0) return;
  trace("advice: " + path + " can't be written: " + std::strerror(errno));
  ::unlink(beside.c_str());
  forget_advice(env);  // an older one is not the last
}

std::optional<LastAdvice> last_advice(const std::vector<std::string>& env) {
  const std::string state = state_dir(env);
  struct stat st;
  if (state.empty() || ::lstat(path_in(state).c_str(), &st) != 0) {
    if (!state.empty() && errno != ENOENT) refuse(path_in(state), std::strerror(errno));
    return std::nullopt;
  }
  if (::stat(state.c_str(), &st) != 0 || !S_ISDIR(st.st_mode) || !is_ours_alone(st))
    refuse(path_in(state), "its directory is owned or writable by others");
  const Json note = Json::parse(read_note(path_in(state)));
  if (!is_whole(note)) refuse(path_in(state), "incomplete, or not written by gomend");
  LastAdvice advice{note["time"].text(), note["class"].text(), note["dir"].text(),
                    note["command"].texts(), note["words"].text()};
  if (!is_directory(advice.dir) || !is_advised_command(advice.command))
    refuse(path_in(state), "gomend does not run its command");
  return advice;
}

void forget_advice(const std::vector<std::string>& env) {
  const std::string state = state_dir(env);
  struct stat st;
  // Somebody else's directory is left alone.
  if (state.empty() || ::lstat(state.c_str(), &st) != 0 || st.st_uid != ::geteuid()) return;
  ::unlink(path_in(state).c_str());
}

}  // namespace recovery

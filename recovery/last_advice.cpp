#include "recovery/last_advice.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "recovery/advised_command.hpp"
#include "recovery/fd.hpp"
#include "recovery/journal.hpp"
#include "recovery/recover.hpp"

namespace recovery {
namespace {

constexpr off_t largest = 64 << 10;  // bytes

std::string path_in(const std::string& state) {
  return state + "/advice.json";
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("can't read " + path + ": " + why + "; next: rm -r " + path);
}

bool is_ours_alone(const struct stat& st) {
  return st.st_uid == ::geteuid() && (st.st_mode & 022) == 0;
}

std::string read_note(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0) refuse(path, std::strerror(errno));
  if (!S_ISREG(st.st_mode)) refuse(path, "it is no file");
  if (!is_ours_alone(st)) refuse(path, "others may have written it");
  if (st.st_size > largest) refuse(path, "it is no note of gomend's");
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  const ssize_t n = ::read(file.get(), text.data(), text.size());
  if (n < 0) refuse(path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(n));
  return text;
}

bool is_directory(const std::string& dir) {
  return dir.starts_with("/") && dir.find('\0') == dir.npos;
}

}  // namespace

void note_advice(const std::vector<std::string>& env, LastAdvice advice) {
  if (advice.command.empty() || !is_directory(advice.dir)) return forget_advice(env);
  const std::string state = make_state_dir(env);
  if (state.empty()) return trace("advice: no state directory of ours");
  const nlohmann::ordered_json note{{"time", now_in_utc()},
                                    {"class", advice.class_id},
                                    {"dir", advice.dir},
                                    {"command", advice.command},
                                    {"words", advice.words}};
  std::string text;
  try {
    text = note.dump() + "\n";
  } catch (const nlohmann::json::exception&) {  // a directory's name that is no UTF-8
    return forget_advice(env);
  }
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
    refuse(path_in(state), "others may write in that directory");
  const auto note = nlohmann::json::parse(read_note(path_in(state)), nullptr, false);
  LastAdvice advice;
  try {
    advice = {note.at("time"), note.at("class"), note.at("dir"), note.at("command"),
              note.at("words")};
  } catch (const nlohmann::json::exception&) {
    refuse(path_in(state), "it is torn, or no note of gomend's");
  }
  if (!is_directory(advice.dir) || !is_advised_command(advice.command))
    refuse(path_in(state), "gomend never gave that advice");
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

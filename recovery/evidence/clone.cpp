#include "recovery/evidence/clone.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "recovery/go/h1.hpp"
#include "recovery/state/stamp.hpp"

namespace recovery {

bool is_clone_hash(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

void Clone::look(bool at_a_glance) {
  key_ = read_key();
  lock_is_no_file_ = is_no_file(rel_ + ".lock");
  info_is_wrong_ = is_no_file(rel_ + ".info") || (has_info() && key_.empty());
  stale_locks_.clear();
  closed_.clear();
  fault_.clear();
  if (cache_.stat(rel_).kind != Kind::directory) return;  // go makes it anew
  find_in(rel_);
  if (!is_judged() || !closed_.empty()) return;
  fault_ = is_half_pulled() ? "an interrupted pull"
                            : judge_.fault_of(cache_.absolute(rel_), at_a_glance);
}

bool Clone::is_sound() const {
  return fault_.empty() && stale_locks_.empty() && closed_.empty() && !info_is_wrong_ &&
         !lock_is_no_file_;
}

std::vector<std::string> Clone::findings() const {
  std::vector<std::string> words;
  if (lock_is_no_file_) words.emplace_back(".lock is not a regular file");
  if (!closed_.empty()) words.emplace_back("permission denied");
  if (info_is_wrong_) words.emplace_back(".info is corrupt");
  if (!stale_locks_.empty())
    words.emplace_back(std::string(is_hg() ? "an hg" : "a git") +
                       " that died has left a lock in it");
  if (!fault_.empty()) words.push_back("corrupt (" + fault_ + ")");
  return words;
}

std::string Clone::key() const {
  if (!key_.empty()) return key_;
  const std::string key = judge_.key_of(cache_.absolute(rel_));
  return sha256_hex(key) == hash() ? key : std::string();
}

bool Clone::is_no_file(const std::string& rel) const {
  const Kind kind = cache_.stat(rel).kind;
  return kind != Kind::absent && kind != Kind::regular && kind != Kind::denied;
}

std::string Clone::read_key() const {
  std::string key = cache_.read(rel_ + ".info", 64 << 10).value_or("");
  if (key.ends_with("\n")) key.pop_back();
  return sha256_hex(key) == hash() ? key : std::string();
}

bool Clone::is_judged() const {
  return key_.starts_with("git") || cache_.stat(rel_ + "/objects").kind == Kind::directory ||
         is_hg();
}

// Locks, and what its owner can't read or write. git's own objects are read-only by right.
void Clone::find_in(const std::string& dir) {
  const bool in_objects = dir.starts_with(rel_ + "/objects");
  if (keeps_out(dir, 0700)) return closed_.push_back(dir);
  for (const std::string& name : cache_.list(dir).value_or(std::vector<std::string>{})) {
    const std::string rel = dir + "/" + name;
    const Kind kind = cache_.stat(rel).kind;
    if (kind == Kind::directory) {
      find_in(rel);
    } else if (kind == Kind::regular) {
      if (keeps_out(rel, in_objects ? 0400 : 0600)) closed_.push_back(rel);
      if (name.ends_with(".lock") && !someone_collects_garbage()) stale_locks_.push_back(rel);
    }
    const bool is_hg_lock = rel == rel_ + "/.hg/wlock" || rel == rel_ + "/.hg/store/lock";
    if (is_hg_lock && kind != Kind::directory && !is_held(rel)) stale_locks_.push_back(rel);
  }
}

// What hg has written of its journal is not in use; it wants to be told to `hg recover`.
bool Clone::is_half_pulled() const {
  return cache_.stat(rel_ + "/.hg/store/journal").kind == Kind::regular &&
         !is_held(rel_ + "/.hg/store/lock");
}

// hg writes the holder into a symlink, or a file where there are none.
bool Clone::is_held(const std::string& lock) const {
  return CloneJudge::is_hg_lock_held(cache_.read(lock, 4096).value_or(cache_.read_link(lock)));
}

bool Clone::keeps_out(const std::string& rel, mode_t needed) const {
  const Stat st = cache_.stat(rel);
  return ::geteuid() != 0 && (st.kind == Kind::regular || st.kind == Kind::directory) &&
         st.st.st_uid == ::geteuid() && (st.st.st_mode & needed) != needed;
}

// git's own housekeeping runs on behind go's back, without go's lock: "<pid> <host>".
bool Clone::someone_collects_garbage() const {
  const auto text = cache_.read(rel_ + "/gc.pid", 4096);
  if (!text) return false;
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  return pid <= 0 || is_alive(pid);
}

std::optional<CloneStamp> stamp_of_clone(const Root& cache, const std::string& hash) {
  Stamper stamper;
  const std::string rel = clones_dir + "/" + hash;
  stamper.text("clone " + hash);
  for (const std::string& file : {rel + ".info", rel + ".lock"}) {
    const Stat st = cache.stat(file);
    if (st.kind == Kind::regular)
      stamper.stat(st.st);
    else
      stamper.absent();
  }
  const Fd dir = cache.try_open(rel, O_RDONLY | O_DIRECTORY);
  std::vector<ListedFile> files;
  if (!dir || !list_tree(dir.get(), stamper, files)) return std::nullopt;
  const Stamp stamp = stamper.take();
  return CloneStamp{stamp, stamper.changed_ns()};
}

}  // namespace recovery

#include "recovery/repair/quarantine.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

constexpr std::time_t day = 24 * 3600;
const std::string unhashed(64, '0');  // in place of the hash of what could not be read
constexpr std::string_view tag =      // https://bford.info/cachedir/
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# What gomend replaced in this module cache, and its working files: not worth a backup.\n";
const std::string base = std::string(own_dir) + "/quarantine";

std::string utc(std::time_t time) {
  std::tm parts = {};
  ::gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

std::string sums_of(const std::string& id) {
  return base + "/" + id + ".sha256";
}

// Somebody else may be at it, or own it: no reason not to mend.
void forget(const Root& cache, const std::string& id) {
  try {
    cache.remove_tree(base + "/" + id);
    cache.remove_tree(sums_of(id));
  } catch (const std::system_error&) {
  }
}

std::uint64_t size_of(const Root& cache, const std::string& rel) {
  const Stat st = cache.stat(rel);
  if (st.kind != Kind::directory)
    return st.kind == Kind::regular ? static_cast<std::uint64_t>(st.size()) : 0;
  std::uint64_t size = 0;
  for (const std::string& name : cache.list(rel).value_or(std::vector<std::string>{}))
    size += size_of(cache, rel + "/" + name);
  return size;
}

// The oldest first, until the rest is young and small enough. The newest stays.
void prune(const Root& cache, const Keep& keep) {
  std::vector<std::string> ids = quarantines(cache);
  if (ids.empty()) return;
  ids.pop_back();
  const std::string oldest = utc(std::time(nullptr) - keep.days * day);
  std::uint64_t size = size_of(cache, base);
  for (const std::string& id : ids) {
    if (id >= oldest && size <= keep.bytes) break;
    size -= std::min(size, size_of(cache, base + "/" + id));
    forget(cache, id);
  }
}

// Makes directories in a tree, too, whose own are read-only.
void make_directories_in(const Root& cache, const std::string& rel) {
  std::string there = rel;
  while (cache.stat(there).kind == Kind::absent && there.find('/') != there.npos) {
    there.resize(there.rfind('/'));
  }
  const Writable writable(cache, there);
  cache.make_directories(rel);
}

// Files of a quarantine, relative to the cache, as they were.
void collect(const Root& cache, const std::string& dir, const std::string& below,
             std::vector<std::string>& files) {
  for (const std::string& name : cache.list(dir + below).value_or(std::vector<std::string>{})) {
    const std::string rel = below + "/" + name;
    if (cache.stat(dir + rel).kind == Kind::directory)
      collect(cache, dir, rel, files);
    else
      files.push_back(rel.substr(1));
  }
}

// All that is below a directory but directories; the thing itself where it is none.
void files_of(const Root& cache, const std::string& rel, std::vector<std::string>& files) {
  if (cache.stat(rel).kind != Kind::directory) return files.push_back(rel);
  for (const std::string& name : cache.list(rel).value_or(std::vector<std::string>{}))
    files_of(cache, rel + "/" + name, files);
}

// Of a link the SHA-256 of where it leads; nullopt of what can't be read.
std::optional<std::string> hash_of(const Root& cache, const std::string& rel) {
  if (cache.stat(rel).kind == Kind::symlink) return sha256_hex(cache.read_link(rel));
  const Fd fd = cache.try_open(rel, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  Sha256 sum;
  std::string buffer(256 * 1024, '\0');
  while (const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size())) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;  // a disk that fails is why it came here
    sum.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  return to_hex(sum.raw());
}

// As sha256sum writes a name that would break the line: then the line begins with a backslash, too.
std::string line_of(const std::string& sum, const std::string& name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '\\') escaped += '\\';
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return (escaped == name ? "" : "\\") + sum + "  " + escaped + "\n";
}

std::string unescaped(const std::string& text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 1 < text.size();
    if (is_escape) ++i;
    name += is_escape && text[i] == 'n' ? '\n' : text[i];
  }
  return name;
}

std::map<std::string, std::string> read_sums(const Root& cache, const std::string& id) {
  std::map<std::string, std::string> sums;
  const std::string text = cache.read(sums_of(id), 64 << 20).value_or("");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const bool is_escaped = text[begin] == '\\';
    const std::string line =
        text.substr(begin + (is_escaped ? 1 : 0), end - begin - (is_escaped ? 1 : 0));
    begin = end + 1;
    if (line.size() <= 66 || line.compare(64, 2, "  ") != 0) continue;
    sums[is_escaped ? unescaped(line.substr(66)) : line.substr(66)] = line.substr(0, 64);
  }
  return sums;
}

// What came here as a part of a repair: what nobody has noted was put there by somebody else, and
// stays out of the cache.
std::vector<std::string> take_unlisted(const std::map<std::string, std::string>& sums,
                                       std::vector<std::string>& files) {
  const auto first = std::stable_partition(
      files.begin(), files.end(), [&](const std::string& rel) { return sums.contains(rel); });
  std::vector<std::string> unlisted(first, files.end());
  files.erase(first, files.end());
  return unlisted;
}

// Somebody may have been at it since; a file that nobody has hashed (it could not be read) is not
// judged.
void must_be_as_kept(const Root& cache, const std::string& id,
                     const std::map<std::string, std::string>& sums,
                     const std::vector<std::string>& files) {
  for (const std::string& rel : files) {
    const std::string& sum = sums.at(rel);
    if (sum != unhashed && hash_of(cache, base + "/" + id + "/" + rel) != sum)
      throw std::runtime_error("what is kept of '" + rel +
                               "' has changed since; nothing is restored");
  }
}

// In one order, so that two restores never wait for each other.
std::vector<VersionLock> lock_all(const Root& cache, const std::vector<std::string>& files) {
  using namespace std::chrono_literals;
  const std::string vcs = "cache/vcs/";
  std::set<ModuleVersion> modules;
  std::set<std::string> clones;
  for (const std::string& rel : files) {
    if (const auto located = locate(cache.path(), cache.absolute(rel))) {
      const bool is_lock = located->extension == ".lock";  // its own lock is what comes back
      if (!is_lock && cache.obstacle(download_file(located->module, ".lock")).empty())
        modules.insert(located->module);
    } else if (rel.starts_with(vcs) && rel.size() >= vcs.size() + 64) {
      const std::string lock = rel.substr(0, vcs.size() + 64) + ".lock";
      if (cache.stat(lock).kind == Kind::regular) clones.insert(lock);
    }
  }
  std::vector<VersionLock> locks;
  for (const ModuleVersion& m : modules) locks.emplace_back(cache, m, 30s);
  for (const std::string& lock : clones) locks.emplace_back(cache, lock, 30s);
  return locks;
}

void put_back(const Root& cache, const std::string& id, const std::string& rel,
              Quarantine& replaced) {
  const std::string parent = rel.find('/') == rel.npos ? "" : rel.substr(0, rel.rfind('/'));
  std::optional<Writable> writable;
  if (!parent.empty()) {
    make_directories_in(cache, parent);
    writable.emplace(cache, parent);
  }
  const std::string kept = base + "/" + id + "/" + rel;
  // A tree's directory is read-only here, too.
  const Writable also(cache, kept.substr(0, kept.rfind('/')));
  if (cache.stat(rel).kind != Kind::absent) replaced.make_way(rel);
  cache.move(kept, rel);
}

}  // namespace

Quarantine::Quarantine(const Root& cache, const Keep& keep) : cache_(cache), keep_(keep) {
  const std::time_t now = std::time(nullptr);
  for (int i = 0;; ++i) {
    id_ = utc(now) + "-" + std::to_string(::getpid()) + (i == 0 ? "" : "-" + std::to_string(i));
    dir_ = base + "/" + id_;
    if (cache.stat(dir_).kind == Kind::absent) break;
  }
}

Quarantine::~Quarantine() {
  try {
    if (!keep_.at_all) forget(cache_, id_);
    prune(cache_, keep_);
  } catch (const std::exception& error) {
    trace("quarantine: " + std::string(error.what()));
  }
}

// Before the first thing comes: nothing is made for a repair that replaces nothing.
void Quarantine::begin() {
  if (cache_.stat(dir_).kind != Kind::absent) return;
  cache_.make_directories(dir_);
  const std::string tag_file = std::string(own_dir) + "/CACHEDIR.TAG";
  if (cache_.stat(tag_file).kind == Kind::absent) cache_.write_new(tag_file, tag, 0666);
}

// What it is now, so that it can be known again: of a directory all that is in it. Before it comes:
// what is not on the list is not restored.
void Quarantine::note(const std::string& rel) {
  if (!keep_.at_all) return;
  std::vector<std::string> files;
  files_of(cache_, rel, files);
  std::string lines;
  for (const std::string& file : files) {
    lines += line_of(hash_of(cache_, file).value_or(unhashed), file);
  }
  const bool is_new = cache_.stat(sums_of(id_)).kind == Kind::absent;
  const Fd sums = cache_.open(sums_of(id_), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (::write(sums.get(), lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()))
    throw std::system_error(errno, std::generic_category(), cache_.absolute(sums_of(id_)));
  if (is_new) cache_.give_to_owner(sums_of(id_));
}

std::string Quarantine::place_for(const std::string& rel) {
  begin();
  const std::string place = dir_ + "/" + rel;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  kept_.push_back(rel);
  return place;
}

void Quarantine::keep(const std::string& rel) {
  const std::string place = place_for(rel);
  note(rel);
  cache_.link_or_copy(rel, place);
}

void Quarantine::take(const std::string& rel) {
  const std::string place = place_for(rel);
  const Stat st = cache_.stat(rel);
  const std::size_t slash = rel.rfind('/');
  std::optional<Writable> parent;  // a tree's directories are read-only
  if (slash != rel.npos) parent.emplace(cache_, rel.substr(0, slash));
  // A directory that moves must itself be writable: its ".." changes.
  const bool is_read_only = st.kind == Kind::directory && (st.st.st_mode & 0700) != 0700;
  if (is_read_only) cache_.chmod(rel, (st.st.st_mode & 07777) | 0700);
  note(rel);
  cache_.move(rel, place);
  if (is_read_only) cache_.chmod(place, st.st.st_mode & 07777);
}

void Quarantine::make_way(const std::string& rel) {
  if (cache_.stat(rel).kind == Kind::regular)
    keep(rel);
  else
    take(rel);
}

void Quarantine::take_from(const Root& other, const std::string& rel, const std::string& name) {
  begin();
  const std::string place = dir_ + "/" + name;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  other.rename_into(cache_, rel, place);
}

void Quarantine::keep_bytes(const std::string& name, std::string_view bytes) {
  begin();
  const std::string place = dir_ + "/" + name;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  cache_.write_new(place, bytes, 0666);
}

std::vector<std::string> quarantines(const Root& cache) {
  std::vector<std::string> ids = cache.list(base).value_or(std::vector<std::string>{});
  std::erase_if(ids, [](const std::string& name) { return name.ends_with(".sha256"); });
  return ids;
}

Restored restore(const Root& cache, const std::string& id, const Keep& keep) {
  const auto ids = quarantines(cache);
  if (std::ranges::find(ids, id) == ids.end()) {
    throw std::runtime_error("nothing is kept under '" + id + "'");
  }
  std::vector<std::string> files;
  collect(cache, base + "/" + id, "", files);
  std::erase_if(files, [](const std::string& rel) {
    return rel.starts_with("gocache/");  // go has made a new one long since
  });
  const auto sums = read_sums(cache, id);
  Restored result;
  result.left = take_unlisted(sums, files);
  if (files.empty() && !result.left.empty())
    throw std::runtime_error("nothing under '" + id + "' is on the list of what was kept");
  if (files.empty()) throw std::runtime_error("nothing is kept under '" + id + "'");
  const auto locks = lock_all(cache, files);
  must_be_as_kept(cache, id, sums, files);
  {
    // What stands there now is kept whatever the settings say: a restore can be taken back.
    Quarantine replaced(cache, {true, keep.days, keep.bytes});
    for (const std::string& rel : files) put_back(cache, id, rel, replaced);
  }
  if (result.left.empty()) forget(cache, id);
  result.files = std::move(files);
  return result;
}

}  // namespace recovery

#include "recovery/quarantine.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "recovery/layout.hpp"

namespace recovery {
namespace {

constexpr std::time_t kept_for = 14 * 24 * 3600;  // seconds
const std::string base = std::string(own_dir) + "/quarantine";

std::string utc(std::time_t time) {
  std::tm parts = {};
  ::gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

// Somebody else may be at it, or own it: no reason not to mend.
void forget(const Root& cache, const std::string& id) {
  try {
    cache.remove_tree(base + "/" + id);
  } catch (const std::system_error&) {
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

}  // namespace

Quarantine::Quarantine(const Root& cache) : cache_(cache) {
  const std::time_t now = std::time(nullptr);
  const std::string oldest = utc(now - kept_for);
  for (const std::string& id : quarantines(cache)) {
    if (id < oldest) forget(cache, id);
  }
  for (int i = 0;; ++i) {
    id_ = utc(now) + "-" + std::to_string(::getpid()) + (i == 0 ? "" : "-" + std::to_string(i));
    dir_ = base + "/" + id_;
    if (cache.stat(dir_).kind == Kind::absent) break;
  }
}

std::string Quarantine::place_for(const std::string& rel) {
  const std::string place = dir_ + "/" + rel;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  kept_.push_back(rel);
  return place;
}

void Quarantine::keep(const std::string& rel) {
  cache_.link_or_copy(rel, place_for(rel));
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
  cache_.move(rel, place);
  if (is_read_only) cache_.chmod(place, st.st.st_mode & 07777);
}

void Quarantine::take_from(const Root& other, const std::string& rel, const std::string& name) {
  const std::string place = dir_ + "/" + name;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  other.rename_into(cache_, rel, place);
}

void Quarantine::keep_bytes(const std::string& name, std::string_view bytes) {
  const std::string place = dir_ + "/" + name;
  cache_.make_directories(place.substr(0, place.rfind('/')));
  cache_.write_new(place, bytes, 0666);
}

std::vector<std::string> quarantines(const Root& cache) {
  return cache.list(base).value_or(std::vector<std::string>{});
}

std::vector<std::string> restore(const Root& cache, const std::string& id) {
  const auto ids = quarantines(cache);
  if (std::ranges::find(ids, id) == ids.end()) {
    throw std::runtime_error("nothing is kept under '" + id + "'");
  }
  std::vector<std::string> files;
  collect(cache, base + "/" + id, "", files);
  Quarantine replaced(cache);
  std::erase_if(files, [](const std::string& rel) {
    return rel.starts_with("gocache/");  // go has made a new one long since
  });
  for (const std::string& rel : files) {
    const std::string parent = rel.substr(0, rel.rfind('/'));
    make_directories_in(cache, parent);
    const std::string kept = base + "/" + id + "/" + rel;
    const Writable writable(cache, parent);
    const Writable also(
        cache, kept.substr(0, kept.rfind('/')));  // a tree's directory is read-only here, too
    const Kind kind = cache.stat(rel).kind;
    if (kind == Kind::regular)
      replaced.keep(rel);
    else if (kind != Kind::absent)
      replaced.take(rel);
    cache.move(kept, rel);
  }
  cache.remove_tree(base + "/" + id);
  return files;
}

}  // namespace recovery

#include "recovery/quarantine.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

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
    if (id < oldest) cache.remove_tree(base + "/" + id);
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
  const std::size_t slash = rel.rfind('/');
  const std::string parent = slash == rel.npos ? std::string() : rel.substr(0, slash);
  // The tree's directories are read-only; and a directory that moves must itself be writable (its
  // ".." changes).
  if (cache_.stat(rel).kind == Kind::directory) {
    const Stat st = cache_.stat(rel);
    if ((st.st.st_mode & 0700) != 0700) cache_.chmod(rel, (st.st.st_mode & 07777) | 0700);
  }
  if (parent.empty()) {
    cache_.rename(rel, place);
  } else {
    const Writable writable(cache_, parent);
    cache_.rename(rel, place);
  }
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
  for (const std::string& rel : files) {
    if (rel.starts_with("gocache/")) continue;  // go has made a new one long since
    const std::string parent = rel.substr(0, rel.rfind('/'));
    cache.make_directories(parent);
    const Writable writable(cache, parent);
    if (cache.stat(rel).kind != Kind::absent) replaced.take(rel);
    cache.rename(base + "/" + id + "/" + rel, rel);
  }
  cache.remove_tree(base + "/" + id);
  return files;
}

}  // namespace recovery

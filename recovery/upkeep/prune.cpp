#include "recovery/upkeep/prune.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <sstream>
#include <system_error>

#include "recovery/evidence/catalogue.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr auto patience = 2s;  // for a lock: somebody else needs this version now

// "v1.0.0.zip", "v1.0.0.zip123456.tmp" -> "v1.0.0" and ".zip"; empty: no name of go's.
struct FileName {
  std::string version, extension;
};
FileName split(std::string name) {
  static constexpr std::array extensions{".info", ".mod", ".zip", ".ziphash", ".lock", ".partial"};
  if (name.ends_with(".tmp")) {
    name.resize(name.size() - 4);
    name.resize(name.find_last_not_of("0123456789") + 1);
    const std::size_t dot = name.rfind('.');
    return dot == name.npos ? FileName{} : FileName{name.substr(0, dot), ".tmp"};
  }
  for (const std::string_view extension : extensions) {
    if (name.ends_with(extension))
      return {name.substr(0, name.size() - extension.size()), std::string(extension)};
  }
  return {};
}

class Pruning {
 public:
  Pruning(const Root& cache, const Needs& needs, Rehearsal rehearsal)
      : cache_(cache), needs_(needs), is_rehearsal_(rehearsal == Rehearsal::yes) {}

  Pruned run() {
    const std::set<std::string> clones = clones_of(cache_, needs_.whole);
    const bool are_known = knows_origins();
    find_downloads("cache/download", 0);
    find_trees("", 0);
    for (const ModuleVersion& m : needs_.whole) found_.erase(m);
    for (const auto& [m, files] : found_) remove_version(m, files);
    for (const std::string& hash : clones_in(cache_))
      if (are_known && !clones.contains("cache/vcs/" + hash)) remove_clone("cache/vcs/" + hash);
    remove_lookups("cache/download/sumdb", 0);
    if (!is_rehearsal_) {
      clear_downloads("cache/download", 0);
      clear_trees("", 0);
    }
    for (const ModuleVersion& m : needs_.whole)
      result_.kept += cache_.stat(tree_dir(m)).kind == Kind::directory ||
                      cache_.stat(download_file(m, ".zip")).kind == Kind::regular;
    return std::move(result_);
  }

 private:
  static constexpr int most_depth = 64;
  using Files = std::vector<std::string>;  // below cache/download, relative to the cache

  // What a needed module comes from stands in its .info: where that can't be read all clones stay.
  bool knows_origins() {
    for (const ModuleVersion& m : needs_.whole) {
      const std::string rel = download_file(m, ".info");
      if (cache_.stat(rel).kind == Kind::absent || cache_.read(rel, 1 << 20)) continue;
      result_.left.push_back("the clones: the origin of " + m.str() + " can't be read");
      return false;
    }
    return true;
  }

  Names directories_in(const std::string& dir) const {
    Names names = cache_.list(dir).value_or(Names{});
    std::erase_if(names, [&](const std::string& name) {
      return cache_.stat(below(dir, name)).kind != Kind::directory;
    });
    return names;
  }

  static std::string below(const std::string& dir, const std::string& name) {
    return dir.empty() ? name : dir + "/" + name;
  }

  void find_downloads(const std::string& dir, int depth) {
    if (depth > most_depth) return;
    for (const std::string& name : directories_in(dir)) {
      if (depth == 0 && name == "sumdb") continue;
      const std::string rel = below(dir, name);
      if (name != "@v") {
        find_downloads(rel, depth + 1);
        continue;
      }
      const std::string path = dir.substr(std::min(dir.size(), std::size_t{15}));
      for (const std::string& file : cache_.list(rel).value_or(Names{})) {
        if (const auto m = ModuleVersion::unescape(path, split(file).version))
          found_[*m].push_back(below(rel, file));
      }
    }
  }

  void find_trees(const std::string& dir, int depth) {
    if (depth > most_depth) return;
    for (const std::string& name : cache_.list(dir).value_or(Names{})) {
      const std::string rel = below(dir, name);
      if (rel == "cache") continue;
      if (name.find('@') == name.npos) {
        if (cache_.stat(rel).kind == Kind::directory) find_trees(rel, depth + 1);
      } else if (const auto located = locate(cache_.path(), cache_.absolute(rel))) {
        found_[located->module];
      }
    }
  }

  std::uint64_t size_of(const std::string& rel) const {
    const Stat st = cache_.stat(rel);
    if (st.kind == Kind::regular) return static_cast<std::uint64_t>(st.size());
    if (st.kind != Kind::directory) return 0;
    std::uint64_t size = 0;
    for (const std::string& name : cache_.list(rel).value_or(Names{}))
      size += size_of(below(rel, name));
    return size;
  }

  void remove_version(const ModuleVersion& m, const Files& files) {
    const bool stays_in_part = needs_.go_mods.contains(m);
    Files doomed;
    for (const std::string& file : files) {
      const std::string extension = split(file.substr(file.rfind('/') + 1)).extension;
      if (stays_in_part && (extension == ".mod" || extension == ".info" || extension == ".lock"))
        continue;
      if (extension != ".lock") doomed.push_back(file);
    }
    const std::string tree = tree_dir(m);
    const bool has_tree = cache_.stat(tree).kind != Kind::absent;
    Pruned::Item item{m.str(), has_tree ? size_of(tree) : 0, stays_in_part};
    for (const std::string& file : doomed) item.bytes += size_of(file);
    if (!is_rehearsal_ && (has_tree || !doomed.empty() || !stays_in_part)) {
      if (!under_lock(download_file(m, ".lock"), m.str(), stays_in_part, [&] {
            if (has_tree) remove_marked(m, tree);
            for (const std::string& file : doomed) cache_.remove_tree(file);
          }))
        return;
    }
    if (has_tree || !doomed.empty()) note(item);
  }

  // go takes a tree with a .partial beside it for one that is not there: whatever stops us.
  void remove_marked(const ModuleVersion& m, const std::string& tree) const {
    const std::string mark = download_file(m, ".partial");
    if (cache_.stat(mark).kind == Kind::absent) cache_.write_new(mark, "", 0666);
    cache_.remove_tree(tree);
    cache_.remove_tree(mark);
  }

  template <class Removal>
  bool under_lock(const std::string& lock_file, const std::string& name, bool lock_stays,
                  const Removal& removal) {
    try {
      cache_.make_directories(directory_of(lock_file));
      const VersionLock lock(cache_, lock_file, patience);
      removal();
      if (!lock_stays) lock.retire();
      return true;
    } catch (const std::system_error& error) {
      const bool is_in_use = error.code().value() == EWOULDBLOCK;
      result_.left.push_back(name + ": " +
                             (is_in_use ? "locked by another go command" : error.what()));
      return false;
    }
  }

  void remove_clone(const std::string& clone) {
    const Pruned::Item item{clone, size_of(clone) + size_of(clone + ".info")};
    if (is_rehearsal_ || under_lock(clone + ".lock", clone, false, [&] {
          cache_.remove_tree(clone + ".info");  // without it go makes the clone anew
          cache_.remove_tree(clone);
        }))
      note(item);
  }

  // Cached answers of the checksum database about versions that are gone. A database's name may
  // have slashes: where its answers are is where "lookup" is.
  void remove_lookups(const std::string& dir, int depth) {
    if (depth > most_depth) return;
    for (const std::string& name : cache_.list(dir).value_or(Names{})) {
      const std::string rel = below(dir, name);
      const std::size_t lookup = rel.find("/lookup/");
      if (cache_.stat(rel).kind == Kind::directory) {
        if (name == "tile" && lookup == rel.npos) continue;
        remove_lookups(rel, depth + 1);
        if (!is_rehearsal_ && lookup != rel.npos) remove_if_empty(rel);
        continue;
      }
      const std::size_t at = rel.rfind('@');
      if (lookup == rel.npos || at == rel.npos || at < lookup + 8) continue;
      const auto m =
          ModuleVersion::unescape(rel.substr(lookup + 8, at - lookup - 8), rel.substr(at + 1));
      if (!m || needs_.whole.contains(*m) || needs_.go_mods.contains(*m)) continue;
      result_.bytes += size_of(rel);
      if (!is_rehearsal_) cache_.remove(rel);
    }
  }

  void note(const Pruned::Item& item) {
    result_.bytes += item.bytes;
    result_.removed.push_back(item);
  }

  void remove_if_empty(const std::string& dir) const {
    try {
      if (cache_.list(dir).value_or(Names{"?"}).empty()) cache_.remove(dir);
    } catch (const std::system_error&) {  // somebody has put something there
    }
  }

  void clear_downloads(const std::string& dir, int depth) const {
    if (depth > most_depth) return;
    for (const std::string& name : directories_in(dir)) {
      if (depth == 0 && name == "sumdb") continue;
      if (name == "@v")
        shorten_list(below(dir, name));
      else
        clear_downloads(below(dir, name), depth + 1);
      remove_if_empty(below(dir, name));
    }
  }

  void clear_trees(const std::string& dir, int depth) const {
    if (depth > most_depth) return;
    for (const std::string& name : directories_in(dir)) {
      const std::string rel = below(dir, name);
      if (rel == "cache" || name.find('@') != name.npos) continue;
      clear_trees(rel, depth + 1);
      remove_if_empty(rel);
    }
  }

  // As go writes it: the versions that have a .mod. Nothing of any version left: no list.
  void shorten_list(const std::string& dir) const {
    const std::string list = dir + "/list";
    const auto text = cache_.read(list, 16 << 20);
    if (!text) return;
    const Names names = cache_.list(dir).value_or(Names{"?"});
    if (names == Names{"list"}) return cache_.remove(list);
    std::istringstream lines(*text);
    std::string left;
    for (std::string version; std::getline(lines, version);) {
      if (std::ranges::binary_search(names, version + ".mod")) left += version + "\n";
    }
    if (left == *text) return;
    const Fd fd = cache_.open(list, O_RDWR);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return;  // go is writing it anew
    if (::pwrite(fd.get(), left.data(), left.size(), 0) == static_cast<ssize_t>(left.size()) &&
        ::ftruncate(fd.get(), static_cast<off_t>(left.size())) != 0)
      throw std::system_error(errno, std::generic_category(), cache_.absolute(list));
  }

  const Root& cache_;
  const Needs& needs_;
  const bool is_rehearsal_;
  std::map<ModuleVersion, Files> found_;
  Pruned result_;
};

}  // namespace

Pruned prune(const Root& cache, const Needs& needs, Rehearsal rehearsal) {
  return Pruning(cache, needs, rehearsal).run();
}

}  // namespace recovery

#include "recovery/evidence/inspect.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <system_error>

#include "recovery/go/download_files.hpp"
#include "recovery/go/go_mod.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/go/zip_rules.hpp"
#include "recovery/policy/acceptance.hpp"

namespace recovery {
namespace {

constexpr std::size_t largest_go_mod = 16 << 20;  // modfetch's limit
constexpr std::size_t largest_small_file = 1 << 20;

// A file of cache/download: absent, unreadable, broken (no regular file), or its bytes.
struct SmallFile {
  Health health = Health::absent;
  std::string bytes;
  long long changed_ns = 0;
};

// What a disk can't give back (EIO) is as good as wrong: go fails on it, too. Nullopt then.
std::optional<std::string> read_whole(const Root& cache, const std::string& rel,
                                      std::size_t limit) {
  try {
    return cache.read(rel, limit);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::io_error || !cache.try_open(rel, O_RDONLY | O_NONBLOCK)) throw;
    errno = EIO;
    return std::nullopt;
  }
}

SmallFile read_small(const Root& cache, const std::string& rel, std::size_t limit) {
  SmallFile file;
  const Stat st = cache.stat(rel);
  if (st.kind == Kind::absent) return file;
  file.changed_ns = st.kind == Kind::denied ? 0 : st.changed_ns();
  if (st.kind == Kind::denied) {
    file.health = Health::unreadable;
  } else if (st.kind != Kind::regular) {
    file.health = Health::broken;
  } else if (auto bytes = read_whole(cache, rel, limit)) {
    file.health = Health::sound;
    file.bytes = std::move(*bytes);
  } else {
    file.health = errno == EACCES ? Health::unreadable : Health::broken;
  }
  return file;
}

class Inspector {
 public:
  Inspector(const Root& cache, ModuleState& state) : cache_(cache), s_(state) {}

  void small_files() {
    s_.obstacle = cache_.obstacle(download_file(s_.module, ".zip"));
    if (s_.obstacle.empty()) s_.obstacle = cache_.obstacle(tree_dir(s_.module));
    check(".mod", largest_go_mod, s_.go_mod, [this](const std::string& b) {
      if (s_.expected.go_mod.empty()) go_mod_sha256_ = sha256_hex(b);
      return right_go_mod(b);
    });
    check(".info", largest_small_file, s_.info,
          [this](const std::string& b) { return !would_mislead(b, s_.module); });
    check(".ziphash", largest_small_file, s_.ziphash, [this](const std::string& b) {
      if (is_h1(b)) s_.ziphash_text = b;
      return is_h1(b);
    });
    check(".lock", largest_small_file, s_.lock, [](const std::string&) { return true; });
    check(".partial", largest_small_file, s_.partial, [](const std::string&) { return true; });
    check_file(list_file(s_.module), largest_go_mod, s_.list, is_version_list);
    s_.zip = presence(download_file(s_.module, ".zip"), Kind::regular);
    s_.tree = presence(tree_dir(s_.module), Kind::directory);
  }

  void read_zip() {
    if (s_.zip != Health::unchecked) return;
    const std::string rel = download_file(s_.module, ".zip");
    if (!cache_.try_open(rel, O_RDONLY)) {
      s_.zip = errno == EACCES ? Health::unreadable : Health::broken;
      return;
    }
    const auto zip = ZipFile::open(cache_, rel);
    files_ = zip ? zip->hashes() : std::nullopt;
    if (files_ && fault_in_names(zip->entries(), s_.module).empty()) {
      s_.zip_h1 = hash1(*files_);
    } else {
      files_.reset();
      s_.zip = Health::broken;
    }
  }

  void read_tree() {
    if (s_.tree != Health::unchecked) return;
    tree_ = recovery::read_tree(cache_, s_.module);
    if (const auto files = hashes_of(*tree_, s_.module)) s_.tree_h1 = hash1(*files);
  }

  bool has_read_tree() const { return tree_.has_value(); }  // not if it is no directory

  // Decides who is right, and with that which artefacts are not.
  void judge() {
    s_.truth = policy::truth({.go_sum = s_.expected.zip,
                              .ziphash = s_.ziphash_text,
                              .zip = s_.zip_h1,
                              .tree = s_.tree_h1});
    if (!s_.ziphash_text.empty() && !s_.truth.empty()) {
      s_.ziphash = s_.ziphash_text == s_.truth ? Health::sound : Health::broken;
    }
    if (!s_.zip_h1.empty()) {
      s_.zip = s_.truth.empty() || s_.zip_h1 == s_.truth ? Health::sound : Health::broken;
    }
    if (s_.tree == Health::unchecked && tree_) {
      s_.tree = !s_.tree_h1.empty() && (s_.truth.empty() || s_.tree_h1 == s_.truth)
                    ? Health::sound
                    : Health::broken;
    }
    if (s_.tree == Health::broken && s_.zip == Health::sound && files_ && tree_) {
      s_.tree_faults = compare_tree(*tree_, s_.module, *files_);
      // The h1 of a zip has its entries for directories, too; that of a tree has not.
      if (s_.tree_faults.empty()) s_.tree = Health::sound;
      if (std::ranges::all_of(
              s_.tree_faults,
              [](const TreeFault& fault) { return fault.kind == TreeFault::Kind::unreadable; }) &&
          !s_.tree_faults.empty()) {
        s_.tree = Health::unreadable;
      }
    }
    judge_go_mod();
    note_changes();
  }

 private:
  using Judge = std::function<bool(const std::string&)>;

  void check(std::string_view extension, std::size_t limit, Health& health, const Judge& is_right) {
    check_file(download_file(s_.module, extension), limit, health, is_right);
  }

  void check_file(const std::string& rel, std::size_t limit, Health& health,
                  const Judge& is_right) {
    const SmallFile file = read_small(cache_, rel, limit);
    health = file.health;
    if (health == Health::sound && !is_right(file.bytes)) health = Health::broken;
  }

  Health presence(const std::string& rel, Kind wanted) const {
    const Stat st = cache_.stat(rel);
    if (st.kind == Kind::absent) return Health::absent;
    if (st.kind == Kind::denied) return Health::unreadable;
    return st.kind == wanted ? Health::unchecked : Health::broken;
  }

  bool right_go_mod(const std::string& bytes) const {
    if (!s_.expected.go_mod.empty()) return s_.expected.go_mod.contains(hash_go_mod(bytes));
    return !parse_go_mod(bytes).module.empty();
  }

  // Where nobody has recorded it, it must be the one that the module itself holds.
  void judge_go_mod() {
    const bool is_open = s_.go_mod == Health::sound && !go_mod_sha256_.empty();
    if (!is_open || s_.truth.empty() || !holds_its_go_mod(s_.module)) return;
    std::string inner;
    if (s_.zip == Health::sound && files_) {
      const auto found = files_->find(s_.module.str() + "/go.mod");
      if (found != files_->end()) inner = found->second;
    } else if (s_.tree == Health::sound && tree_) {
      const auto found = tree_->files.find("go.mod");
      if (found != tree_->files.end()) inner = found->second.sha256;
    }
    if (!inner.empty() && inner != go_mod_sha256_) s_.go_mod = Health::broken;
  }

  void note_changes() {
    const std::array<std::pair<Health, const char*>, 6> files = {{{s_.zip, ".zip"},
                                                                  {s_.ziphash, ".ziphash"},
                                                                  {s_.go_mod, ".mod"},
                                                                  {s_.info, ".info"},
                                                                  {s_.lock, ".lock"},
                                                                  {s_.partial, ".partial"}}};
    for (const auto& [health, extension] : files) {
      const std::string rel = download_file(s_.module, extension);
      if (health == Health::broken || health == Health::unreadable)
        s_.newest_change_ns = std::max(s_.newest_change_ns, last_change(rel));
      if (health == Health::absent && !is_by_the_way(extension))
        s_.newest_absence_ns = std::max(s_.newest_absence_ns, last_change(rel));
    }
    if (s_.tree == Health::absent)
      s_.newest_absence_ns = std::max(s_.newest_absence_ns, last_change(tree_dir(s_.module)));
    for (const TreeFault& fault : s_.tree_faults) {
      s_.newest_change_ns =
          std::max(s_.newest_change_ns, last_change(tree_dir(s_.module) + "/" + fault.name));
    }
  }

  // go makes and removes these as it goes.
  static bool is_by_the_way(std::string_view extension) {
    return extension == ".lock" || extension == ".partial";
  }

  // Below a link nothing of ours is there: what changed is the link, further up.
  Stat stat_or_above(const std::string& rel) const {
    try {
      return cache_.stat(rel);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::too_many_symbolic_link_levels) throw;
      return {};
    }
  }

  // What is missing has changed the directory that it was in.
  long long last_change(std::string rel) const {
    while (true) {
      const Stat st = stat_or_above(rel);
      if (st.kind == Kind::denied) return std::numeric_limits<long long>::max();
      if (st.kind != Kind::absent) return st.changed_ns();
      const std::size_t slash = rel.rfind('/');
      if (slash == rel.npos) return std::numeric_limits<long long>::max();
      rel.erase(slash);
    }
  }

  const Root& cache_;
  ModuleState& s_;
  std::optional<FileHashes> files_;  // of a zip that could be read
  std::optional<Tree> tree_;
  std::string go_mod_sha256_;  // of a .mod that nothing recorded can be held against
};

}  // namespace

bool ModuleState::broken() const {
  if (!obstacle.empty()) return true;
  return std::ranges::any_of(std::vector{zip, ziphash, go_mod, info, lock, partial, list, tree},
                             [](Health health) { return health == Health::broken; });
}

bool ModuleState::unreadable() const {
  return std::ranges::any_of(std::vector{zip, ziphash, go_mod, info, lock, partial, tree},
                             [](Health health) { return health == Health::unreadable; });
}

ModuleState inspect(const Root& cache, const ModuleVersion& m, const Expected& expected,
                    Depth depth) {
  ModuleState state(m);
  state.expected = expected;
  Inspector inspector(cache, state);
  inspector.small_files();
  const bool zip_is_used = state.tree == Health::absent || state.ziphash == Health::absent ||
                           state.partial != Health::absent;
  if (depth != Depth::facts) inspector.read_tree();
  if (depth == Depth::everything || (depth == Depth::used && zip_is_used)) inspector.read_zip();
  inspector.judge();
  if (state.tree == Health::broken && state.zip == Health::unchecked) {
    inspector.read_zip();  // it says which files of the tree are wrong
    if (inspector.has_read_tree()) state.tree = Health::unchecked;
    inspector.judge();
  }
  return state;
}

}  // namespace recovery

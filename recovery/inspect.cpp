#include "recovery/inspect.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "recovery/layout.hpp"
#include "recovery/toolchain.hpp"
#include "recovery/zip.hpp"

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

SmallFile read_small(const Root& cache, const std::string& rel, std::size_t limit) {
  SmallFile file;
  const Stat st = cache.stat(rel);
  if (st.kind == Kind::absent) return file;
  file.changed_ns = st.kind == Kind::denied ? 0 : st.changed_ns();
  if (st.kind == Kind::denied) {
    file.health = Health::unreadable;
  } else if (st.kind != Kind::regular) {
    file.health = Health::broken;
  } else if (auto bytes = cache.read(rel, limit)) {
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
    if (files_ && has_prefix(*files_)) {
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
    s_.truth = truth();
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

  bool has_prefix(const FileHashes& files) const {
    const std::string prefix = s_.module.str() + "/";
    return std::ranges::all_of(files,
                               [&](const auto& file) { return file.first.starts_with(prefix); });
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

  std::string truth() const {
    if (s_.expected.zip.size() == 1) return *s_.expected.zip.begin();
    std::map<std::string, int> votes;
    for (const std::string* h1 : {&s_.ziphash_text, &s_.zip_h1, &s_.tree_h1}) {
      const bool may_vote = s_.expected.zip.empty() || s_.expected.zip.contains(*h1);
      if (!h1->empty() && may_vote && ++votes[*h1] == 2) return *h1;
    }
    if (votes.contains(s_.ziphash_text)) return s_.ziphash_text;
    return votes.size() == 1 ? votes.begin()->first : std::string();
  }

  void note_changes() {
    const auto note = [&](Health health, const std::string& rel) {
      if (health != Health::broken) return;
      const Stat st = cache_.stat(rel);
      if (st.kind != Kind::absent && st.kind != Kind::denied) {
        s_.newest_change_ns = std::max(s_.newest_change_ns, st.changed_ns());
      }
    };
    note(s_.zip, download_file(s_.module, ".zip"));
    note(s_.ziphash, download_file(s_.module, ".ziphash"));
    note(s_.go_mod, download_file(s_.module, ".mod"));
    note(s_.info, download_file(s_.module, ".info"));
    note(s_.lock, download_file(s_.module, ".lock"));
    note(s_.partial, download_file(s_.module, ".partial"));
    for (const TreeFault& fault : s_.tree_faults) {
      const std::string rel = tree_dir(s_.module) + "/" + fault.name;
      // What is missing has changed its directory.
      note(Health::broken,
           fault.kind == TreeFault::Kind::missing ? rel.substr(0, rel.rfind('/')) : rel);
    }
  }

  const Root& cache_;
  ModuleState& s_;
  std::optional<FileHashes> files_;  // of a zip that could be read
  std::optional<Tree> tree_;
  std::string go_mod_sha256_;  // of a .mod that nothing recorded can be held against
};

// Calls take(name relative to the tree, stat) for everything in it but directories, and enter(name,
// stat, whether it could be listed) for those.
template <class Take, class Enter>
void walk(const Root& cache, const std::string& tree, const std::string& below, const Take& take,
          const Enter& enter) {
  const std::string dir = below.empty() ? tree : tree + "/" + below;
  const auto names = cache.list(dir);
  enter(below, cache.stat(dir), names.has_value());
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string rel = below.empty() ? name : below + "/" + name;
    const Stat st = cache.stat(tree + "/" + rel);
    if (st.kind == Kind::directory)
      walk(cache, tree, rel, take, enter);
    else
      take(rel, st);
  }
}

std::optional<std::string> hash_file(const Root& cache, const std::string& rel) {
  const Fd fd = cache.try_open(rel, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  Sha256 sum;
  std::string buffer(64 * 1024, '\0');
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return std::nullopt;
    if (n == 0) return to_hex(sum.raw());
    sum.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
}

bool may_read(const Stat& st) {
  return st.kind != Kind::denied && (st.st.st_mode & (S_ISDIR(st.st.st_mode) ? 0500 : 0400)) ==
                                        (S_ISDIR(st.st.st_mode) ? 0500U : 0400U);
}

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

Tree read_tree(const Root& cache, const ModuleVersion& m) {
  Tree tree;
  const std::string dir = tree_dir(m);
  walk(
      cache, dir, "",
      [&](const std::string& name, const Stat& st) {
        TreeFile& file = tree.files[name];
        file.kind = st.kind;
        file.is_readable = may_read(st);
        file.is_executable = st.kind == Kind::regular && (st.st.st_mode & 0100) != 0;
        if (st.kind == Kind::regular) {
          file.sha256 = hash_file(cache, dir + "/" + name).value_or(std::string());
        }
      },
      [&](const std::string& name, const Stat& st, bool is_listed) {
        tree.directories[name] = is_listed && may_read(st);
      });
  if (is_toolchain(m)) undo_completion(tree);
  return tree;
}

std::optional<FileHashes> hashes_of(const Tree& tree, const ModuleVersion& m) {
  FileHashes hashes;
  for (const auto& [name, is_readable] : tree.directories) {
    if (!is_readable) return std::nullopt;
  }
  for (const auto& [name, file] : tree.files) {
    if (!file.is_readable || file.sha256.empty()) return std::nullopt;
    hashes.emplace(m.str() + "/" + name, file.sha256);
  }
  return hashes;
}

std::vector<std::string> tree_files(const Root& cache, const ModuleVersion& m) {
  std::vector<std::string> names;
  walk(
      cache, tree_dir(m), "", [&](const std::string& name, const Stat&) { names.push_back(name); },
      [](const std::string&, const Stat&, bool) {});
  return names;
}

namespace {

// Calls visit("a"), visit("a/b") for "a/b/c", until it says true.
template <class Visit>
bool any_parent(const std::string& rel, const Visit& visit) {
  for (std::size_t slash = rel.find('/'); slash != rel.npos; slash = rel.find('/', slash + 1)) {
    if (visit(rel.substr(0, slash))) return true;
  }
  return false;
}

std::set<std::string> parents_of(const std::map<std::string, std::string>& files) {
  std::set<std::string> parents{""};
  for (const auto& [rel, hash] : files) {
    any_parent(rel, [&](const std::string& parent) {
      parents.insert(parent);
      return false;
    });
  }
  return parents;
}

}  // namespace

std::vector<TreeFault> compare_tree(const Tree& tree, const ModuleVersion& m,
                                    const FileHashes& files) {
  using enum TreeFault::Kind;
  std::map<std::string, std::string> wanted;
  for (const auto& [name, hash] : files) wanted[name.substr(m.str().size() + 1)] = hash;
  const std::set<std::string> parents = parents_of(wanted);
  std::vector<TreeFault> faults;
  std::set<std::string> foreign;
  std::set<std::string> closed;
  const auto is_in = [](const std::set<std::string>& directories) {
    return [&](const std::string& parent) { return directories.contains(parent); };
  };
  for (const auto& [rel, is_readable] : tree.directories) {
    if (any_parent(rel, is_in(foreign))) continue;
    if (!parents.contains(rel)) {
      foreign.insert(rel);
      faults.push_back({rel, extra});
    } else if (!is_readable) {
      closed.insert(rel);
      faults.push_back({rel, unreadable});
    }
  }
  for (const auto& [rel, file] : tree.files) {
    const auto found = wanted.find(rel);
    if (found == wanted.end()) {
      if (!any_parent(rel, is_in(foreign))) faults.push_back({rel, extra});
      continue;
    }
    const bool is_right = file.sha256 == found->second;
    if (file.kind == Kind::regular && !file.is_readable && (is_right || file.sha256.empty()))
      faults.push_back({rel, unreadable});
    else if (!is_right)
      faults.push_back({rel, changed});
  }
  for (const auto& [rel, hash] : wanted) {
    // What a closed directory holds nobody knows.
    const bool is_hidden = closed.contains("") || any_parent(rel, is_in(closed));
    if (!tree.files.contains(rel) && !is_hidden) faults.push_back({rel, missing});
  }
  return faults;
}

Expected sumdb_record(const Root& cache, const std::string& gosumdb, const ModuleVersion& m) {
  Expected expected;
  const std::string name = gosumdb.substr(0, gosumdb.find_first_of("+ "));
  if (name.empty() || name == "off" || name.find("..") != name.npos) return expected;
  const auto record = cache.read(
      "cache/download/sumdb/" + name + "/lookup/" + m.escaped_path() + "@" + m.escaped_version(),
      1 << 20);
  if (!record) return expected;
  GoSums sums;
  sums.add(*record);
  if (const auto found = sums.zip.find(m); found != sums.zip.end()) expected.zip = found->second;
  if (const auto found = sums.go_mod.find(m); found != sums.go_mod.end()) {
    expected.go_mod = found->second;
  }
  if (!expected.zip.empty() || !expected.go_mod.empty()) expected.by = Expected::By::sumdb;
  return expected;
}

bool is_version_list(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (!is_canonical_version(rest.substr(0, end))) return false;
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  return true;
}

bool holds_its_go_mod(const ModuleVersion& m) {
  return !m.version().ends_with("+incompatible") && !is_toolchain(m);
}

// What is no JSON object go fetches again by itself; what is one, it believes.
bool would_mislead(std::string_view json, const ModuleVersion& m) {
  return nlohmann::json::parse(json, nullptr, false).is_object() && !is_info_of(json, m);
}

bool is_info_of(std::string_view json, const ModuleVersion& m) {
  const auto info = nlohmann::json::parse(json, nullptr, false);
  if (!info.is_object()) return false;
  const auto version = info.find("Version");
  return version != info.end() && version->is_string() && *version == m.version();
}

}  // namespace recovery

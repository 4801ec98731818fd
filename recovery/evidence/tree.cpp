#include "recovery/evidence/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>

#include "recovery/go/layout.hpp"
#include "recovery/go/toolchain.hpp"

namespace recovery {
namespace {

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
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EIO) return std::nullopt;
    if (n < 0) throw std::system_error(errno, std::generic_category(), cache.absolute(rel));
    if (n == 0) return to_hex(sum.raw());
    sum.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
}

bool may_read(const Stat& st) {
  return st.kind != Kind::denied && (st.st.st_mode & (S_ISDIR(st.st.st_mode) ? 0500 : 0400)) ==
                                        (S_ISDIR(st.st.st_mode) ? 0500U : 0400U);
}

}  // namespace

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
  for (const auto& [name, hash] : files) {
    if (!name.ends_with('/')) wanted[name.substr(m.str().size() + 1)] = hash;
  }
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

void undo_completion(Tree& tree) {
  std::erase_if(tree.files, [&](const auto& file) {
    const std::string& name = file.first;
    if (name != "go.mod" && !name.ends_with("/go.mod")) return false;
    const auto original = tree.files.find(name.substr(0, name.size() - 6) + "_go.mod");
    return original != tree.files.end() && !file.second.sha256.empty() &&
           original->second.sha256 == file.second.sha256;
  });
  const auto go = tree.files.find("bin/go");
  if (go == tree.files.end() || !go->second.is_executable) return;  // go completes it anew
  for (auto& [name, file] : tree.files) {
    if (must_be_executable(name) && !file.is_executable) file.is_readable = false;
  }
}

}  // namespace recovery

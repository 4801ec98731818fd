#include "recovery/evidence/module_stamps.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <unordered_set>

#include "recovery/go/layout.hpp"

namespace recovery {
namespace {

std::string_view as_text(const Stamp& stamp) {
  return {reinterpret_cast<const char*>(stamp.data()), stamp.size()};
}

std::string_view parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

// The times of a directory tell whether a name has come or gone: none is read. False: something is
// not as the zip has it.
bool stamp_by_zip(int tree, const ZipFile& zip, const std::string& prefix, Stamper& stamper) {
  struct stat st;
  if (::fstat(tree, &st) != 0 || (st.st_mode & 0500) != 0500) return false;
  stamper.text("as the zip has it");
  stamper.stat(st);
  std::unordered_set<std::string_view> seen{""};
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.starts_with(prefix)) return false;
    const std::string_view file = std::string_view(entry.name).substr(prefix.size());
    for (std::string_view dir = parent(file); seen.insert(dir).second; dir = parent(dir)) {
      if (::fstatat(tree, std::string(dir).c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISDIR(st.st_mode) || (st.st_mode & 0500) != 0500)
        return false;
      stamper.stat(st);
    }
    if (::fstatat(tree, entry.name.c_str() + prefix.size(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode) || (st.st_mode & 0400) == 0 ||
        static_cast<std::uint64_t>(st.st_size) != entry.size)
      return false;
    stamper.stat(st);
  }
  return true;
}

class ModuleStamper {
 public:
  ModuleStamper(const Root& cache, const IndexPlace& place, const ModuleVersion& m)
      : cache_(cache), place_(place), m_(m) {}

  std::optional<StampedFiles> run(const Expected& expected) {
    for (Stamper* stamper : {&facts_, &content_, &index_}) {
      stamper->text("gomend 1");
      stamper->text(m_.str());
      for (const std::string& h1 : expected.zip) stamper->text(h1);
      stamper->text("/go.mod");
      for (const std::string& h1 : expected.go_mod) stamper->text(h1);
    }
    if (!stamp_downloads() || !stamp_tree()) return std::nullopt;
    files_.facts = facts_.take();
    files_.content = content_.take();
    files_.changed_ns = std::max({facts_.changed_ns(), content_.changed_ns(), tree_changed_ns_});
    stamp_index();
    return std::move(files_);
  }

 private:
  bool stamp_downloads() {
    const Fd dir = cache_.try_open(download_dir(m_), O_PATH | O_DIRECTORY);
    if (!dir && errno != ENOENT) return false;
    for (const std::string_view name : {".info", ".mod", ".ziphash", ".partial", ".lock", ".zip"}) {
      struct stat st;
      const std::string file = m_.escaped_version() + std::string(name);
      const bool is_there =
          dir && ::fstatat(dir.get(), file.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
      if (dir && !is_there && errno != ENOENT) return false;  // unknown is not absent
      stamp_download(name, is_there ? &st : nullptr);
      if (is_there && !S_ISREG(st.st_mode)) return false;
      if (name == ".partial" && is_there) return false;  // go would throw the tree away
    }
    return true;
  }

  void stamp_download(std::string_view name, const struct stat* st) {
    const bool is_content = name == ".zip" || name == ".ziphash" || name == ".mod";
    if (name != ".zip") stamp_one(facts_, name, st);
    if (is_content) stamp_one(content_, name, st);
    if (name == ".ziphash") files_.has_ziphash = st != nullptr;
    if (name != ".zip") return;
    files_.has_zip = st != nullptr;
    if (st != nullptr) files_.zip_size = static_cast<std::uint64_t>(st->st_size);
  }

  static void stamp_one(Stamper& stamper, std::string_view name, const struct stat* st) {
    stamper.text(name);
    if (st != nullptr)
      stamper.stat(*st);
    else
      stamper.absent();
  }

  bool stamp_tree() {
    const Fd tree = cache_.try_open(tree_dir(m_), O_RDONLY | O_DIRECTORY);
    files_.has_tree = bool(tree);
    if (!tree && errno != ENOENT) return false;
    content_.text(files_.has_tree ? "tree" : "no tree");
    if (!files_.has_tree) return true;
    if (files_.has_zip) files_.zip = ZipFile::open(cache_, download_file(m_, ".zip"));
    Stamper by_zip, listed;
    files_.is_told_by_zip =
        files_.zip && stamp_by_zip(tree.get(), *files_.zip, m_.str() + "/", by_zip);
    if (!files_.is_told_by_zip && !list_tree(tree.get(), listed, files_.tree)) return false;
    Stamper& used = files_.is_told_by_zip ? by_zip : listed;
    tree_changed_ns_ = used.changed_ns();
    content_.text(as_text(used.take()));
    return true;
  }

  // The index names files of the tree: those are in it, too.
  void stamp_index() {
    if (files_.is_told_by_zip) index_.text(as_text(files_.content));
    for (const auto& file : files_.tree) index_.text(file.name);
    if (place_.build_cache == nullptr || !files_.has_tree) return;
    const std::string entry = index_entry(place_.go_version, cache_.absolute(tree_dir(m_)));
    index_.text(entry);
    if (const auto action = place_.build_cache->read(entry, 4096)) {
      files_.index_entry = entry;
      stamp_output(action->substr(0, std::min<std::size_t>(action->size(), 153)));
    }
    files_.index = index_.take();
  }

  // "v1 <action> <output> <size>", without its time; and the object that it names.
  void stamp_output(const std::string& output) {
    index_.text(output);
    if (output.size() <= 132) return;
    const std::string object = output.substr(68, 64);
    const Stat st = place_.build_cache->stat(object.substr(0, 2) + "/" + object + "-d");
    if (st.kind == Kind::regular)
      index_.stat(st.st);
    else
      index_.absent();
  }

  const Root& cache_;
  const IndexPlace& place_;
  const ModuleVersion& m_;
  Stamper facts_, content_, index_;
  long long tree_changed_ns_ = 0;
  StampedFiles files_;
};

}  // namespace

std::optional<StampedFiles> stamp_module(const Root& cache, const IndexPlace& index,
                                         const ModuleVersion& m, const Expected& expected) {
  return ModuleStamper(cache, index, m).run(expected);
}

}  // namespace recovery

#include "recovery/repair/package_index.hpp"

#include "recovery/evidence/tree.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/module_index.hpp"
#include "recovery/go/zip.hpp"

namespace recovery {

bool PackageIndex::is_cause(bool has_tree) const {
  if (!shop_.build_cache) return false;
  return recovery::is_cause(check_index(*shop_.build_cache, entry(), files(has_tree)), is_suspect_);
}

// An entry as go makes it of the tree as it lies there: what is wrong with it came with that.
long long PackageIndex::own_change_ns(const ModuleState& state) const {
  if (!shop_.build_cache) return 0;
  const bool tells_of_tree =
      state.tree == Health::broken &&
      check_index(*shop_.build_cache, entry(), files(true)) == IndexFit::fits;
  return tells_of_tree ? 0 : shop_.build_cache->stat(entry()).changed_ns();
}

bool PackageIndex::drop() {
  return shop_.build_cache && shop_.drop_index(entry());
}

std::string PackageIndex::entry() const {
  return index_entry(shop_.settings.go_version, shop_.cache.absolute(tree_dir(m_)));
}

// Names that the tree has, or will have once go has extracted it.
std::vector<std::string> PackageIndex::files(bool has_tree) const {
  if (has_tree) return tree_files(shop_.cache, m_);
  std::vector<std::string> names;
  if (const auto zip = ZipFile::open(shop_.cache, download_file(m_, ".zip"))) {
    for (const ZipEntry& entry : zip->entries()) {
      if (entry.name.size() > m_.str().size())
        names.push_back(entry.name.substr(m_.str().size() + 1));
    }
  }
  return names;
}

}  // namespace recovery

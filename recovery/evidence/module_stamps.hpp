#pragma once
// The files of one module version as names, sizes and times tell them, before any content is read:
// what there is to be read, and the stamps (state/stamp.hpp) that stay the same while nobody has
// changed anything. Where a zip tells which names a tree has, no directory of it is listed.
//
// Example: if (auto files = stamp_module(cache, {build_cache, "go1.26"}, m, expected))
//            if (memo.knows(files->content)) …

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/os/root.hpp"
#include "recovery/state/stamp.hpp"

namespace recovery {

// Where go's index of the packages is; no build cache, no index.
struct IndexPlace {
  const Root* build_cache = nullptr;
  std::string go_version;  // `go env GOVERSION`
};

struct StampedFiles {
  Stamp facts = {};          // the small files
  Stamp content = {};        // zip, ziphash and tree
  Stamp index = {};          // go's index of the tree, if it has one
  long long changed_ns = 0;  // the youngest ctime

  bool has_zip = false, has_tree = false, has_ziphash = false;
  std::uint64_t zip_size = 0;
  std::optional<ZipFile> zip;   // opened where there is a tree beside it
  bool is_told_by_zip = false;  // which names the tree has; else `tree` lists them
  std::vector<ListedFile> tree;
  std::string index_entry;  // in the build cache; empty: there is none
};

// nullopt: it can't be told, or something is there that go would throw away, or that is no regular
// file.
std::optional<StampedFiles> stamp_module(const Root& cache, const IndexPlace& index,
                                         const ModuleVersion& m, const Expected& expected);

}  // namespace recovery

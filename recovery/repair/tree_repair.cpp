#include "recovery/repair/tree_repair.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "recovery/evidence/tree.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/go/zip_rules.hpp"

namespace recovery {
namespace {

class TreeRepair {
 public:
  TreeRepair(Placement& placement, const Root& cache, const ModuleVersion& m)
      : placement_(placement), cache_(cache), m_(m), dir_(tree_dir(m)) {}

  void run(const std::string& trusted_h1) {
    const auto zip = ZipFile::open(cache_, download_file(m_, ".zip"));
    if (!zip) throw std::runtime_error("no zip to extract " + m_.str() + " from");
    // It has been judged by its name; what goes into the tree is what this descriptor holds.
    const auto files = zip->hashes();
    if (!files || hash1(*files) != trusted_h1 || !fault_in_names(zip->entries(), m_).empty())
      throw std::runtime_error("the zip of " + m_.str() + " changed in the meantime");
    const std::vector<TreeFault> faults = compare_tree(read_tree(cache_, m_), m_, *files);
    std::map<std::string, const ZipEntry*> entries;
    for (const ZipEntry& entry : zip->entries()) entries[entry.name] = &entry;
    for (const TreeFault& fault : faults) {
      if (fault.kind == TreeFault::Kind::extra) placement_.take(dir_ + "/" + fault.name);
    }
    for (const TreeFault& fault : faults) {
      if (fault.kind == TreeFault::Kind::missing || fault.kind == TreeFault::Kind::changed) {
        const std::string name = m_.str() + "/" + fault.name;
        put_file(*zip, *entries.at(name), fault.name, files->at(name));
      }
    }
    if (is_toolchain(m_)) complete_toolchain();
  }

 private:
  void put_file(const ZipFile& zip, const ZipEntry& entry, const std::string& name,
                const std::string& sha256) {
    std::string bytes;
    if (!zip.unpack(entry, [&](std::string_view piece) { bytes += piece; }) ||
        sha256_hex(bytes) != sha256) {
      throw std::runtime_error("the zip of " + m_.str() + " changed in the meantime");
    }
    const bool is_read_only = (cache_.stat(dir_).st.st_mode & 0200) == 0;
    const std::string rel = dir_ + "/" + name;
    const std::vector<std::string> made = make_directories_above(rel);
    placement_.put_bytes(bytes, rel, 0444);
    for (const std::string& dir : made) {
      if (is_read_only) cache_.chmod(dir, cache_.stat(dir).st.st_mode & 07777 & ~0222U);
    }
  }

  // Gives those that were not there.
  std::vector<std::string> make_directories_above(const std::string& rel) {
    std::vector<std::string> made;
    for (std::size_t slash = rel.find('/', dir_.size() + 1); slash != rel.npos;
         slash = rel.find('/', slash + 1)) {
      const std::string dir = rel.substr(0, slash);
      if (cache_.stat(dir).kind != Kind::absent) continue;
      const Writable writable(cache_, dir.substr(0, dir.rfind('/')));
      cache_.make_directories(dir);
      made.push_back(dir);
    }
    return made;
  }

  // What go does once, when bin/go can't be run or src/go.mod is not there, and never again. bin/go
  // comes last, as there.
  void complete_toolchain() {
    const Tree tree = read_tree(cache_, m_);
    const auto has = [&](const std::string& name) {
      return cache_.stat(dir_ + "/" + name).kind != Kind::absent;
    };
    for (const auto& [name, file] : tree.files) {
      const std::string copy = name.substr(0, name.size() - 7) + "go.mod";
      if (!name.ends_with("/_go.mod") || !has("src/go.mod") || has(copy)) continue;
      const auto bytes = cache_.read(dir_ + "/" + name, 16 << 20);
      if (bytes) placement_.put_bytes(*bytes, dir_ + "/" + copy, 0444);
    }
    for (const auto& [name, file] : tree.files) {
      if (must_be_executable(name) && name != "bin/go") placement_.allow(dir_ + "/" + name, 0500);
    }
    placement_.allow(dir_ + "/bin/go", 0500);
  }

  Placement& placement_;
  const Root& cache_;
  const ModuleVersion& m_;
  const std::string dir_;
};

}  // namespace

void repair_tree(Placement& placement, const Root& cache, const ModuleVersion& m,
                 const std::string& trusted_h1) {
  TreeRepair(placement, cache, m).run(trusted_h1);
}

void rebuild_zip(Placement& placement, const Root& cache, const ModuleVersion& m,
                 const std::string& tree_h1) {
  const auto files = hashes_of(read_tree(cache, m), m);
  if (!files || hash1(*files) != tree_h1)
    throw std::runtime_error("the extracted directory of " + m.str() + " changed in the meantime");
  auto next = files->begin();
  const std::string bytes = make_zip([&]() -> std::optional<ZipInput> {
    if (next == files->end()) return std::nullopt;
    const std::string name = next->first;
    auto content = cache.read(tree_dir(m) + "/" + name.substr(m.str().size() + 1), 500 << 20);
    if (!content || sha256_hex(*content) != next->second)
      throw std::runtime_error(name + " changed in the meantime");
    ++next;
    return ZipInput{name, std::move(*content)};
  });
  placement.put_bytes(bytes, download_file(m, ".zip"));
}

}  // namespace recovery

#include "recovery/go/module_index.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <stdexcept>

#include "recovery/go/h1.hpp"

namespace recovery {
namespace {

struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("no module index") {}
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  void check_head() {
    if (!bytes_.starts_with("go index v1\n") && !bytes_.starts_with("go index v2\n")) {
      throw Malformed();
    }
    at_ = 12;
    strings_ = integer();
    if (strings_ > bytes_.size() || static_cast<unsigned char>(bytes_.back()) != 0xff) {
      throw Malformed();
    }
  }

  void seek(std::uint32_t at) { at_ = at; }
  std::uint32_t at() const { return static_cast<std::uint32_t>(at_); }

  std::uint32_t integer() {
    if (at_ > bytes_.size() || bytes_.size() - at_ < 4) throw Malformed();
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at_ + i]);
    }
    at_ += 4;
    return value;
  }

  // Each file has four bytes of its own at least: an index that names more leads in circles.
  void count(std::size_t files) const {
    if (files > bytes_.size() / 4) throw Malformed();
  }

  std::string_view string() {
    std::size_t at = strings_ + std::size_t{integer()};
    std::uint64_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= bytes_.size() || shift > 35) throw Malformed();
      const auto byte = static_cast<unsigned char>(bytes_[at++]);
      size |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    if (size > bytes_.size() - at) throw Malformed();
    return bytes_.substr(at, size);
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t strings_ = 0;
};

void decode_package(Decoder& d, ModuleIndex& index) {
  index.has_error = !d.string().empty() || index.has_error;
  const std::string dir(d.string());
  index.directories.push_back(dir);
  const std::uint32_t count = d.integer();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t file = d.integer();
    const std::uint32_t next = d.at();
    d.seek(file);
    const bool read_error = !d.string().empty();
    const bool parse_error = !d.string().empty();
    d.string();  // synopsis
    const std::string name(d.string());
    index.files.push_back({dir.empty() ? name : dir + "/" + name, read_error || parse_error});
    d.count(index.files.size());
    d.seek(next);
  }
}

// Files that the index must know: those whose extension Go's build knows (modindex/build.go,
// fileListForExt).
bool is_go_source(std::string_view file) {
  static constexpr std::array extensions{".go", ".c",   ".cc",  ".cpp",  ".cxx",     ".m",   ".h",
                                         ".hh", ".hpp", ".hxx", ".f",    ".F",       ".for", ".f90",
                                         ".s",  ".S",   ".sx",  ".swig", ".swigcxx", ".syso"};
  const std::string_view base = file.substr(file.rfind('/') + 1);
  if (base.starts_with("_") || base.starts_with(".")) return false;
  const std::size_t dot = base.rfind('.');
  return dot != base.npos && std::ranges::find(extensions, base.substr(dot)) != extensions.end();
}

// indexModule stops at the go.mod of a nested module.
bool in_nested_module(std::string_view file, const std::set<std::string>& nested) {
  for (std::size_t slash = file.find('/'); slash != file.npos; slash = file.find('/', slash + 1)) {
    if (nested.contains(std::string(file.substr(0, slash)))) return true;
  }
  return false;
}

}  // namespace

std::optional<ModuleIndex> decode_module_index(std::string_view bytes) {
  if (bytes.size() < 32) return std::nullopt;
  try {
    ModuleIndex index;
    Decoder d(bytes);
    d.check_head();
    const std::uint32_t packages = d.integer();
    for (std::uint32_t i = 0; i < packages; ++i) {
      d.string();  // the directory, again in the package
      const std::uint32_t package = d.integer();
      const std::uint32_t next = d.at();
      d.seek(package);
      decode_package(d, index);
      d.seek(next);
    }
    return index;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

bool is_cause(IndexFit fit, bool is_suspect) {
  return fit == IndexFit::stale || fit == IndexFit::rotten ||
         (fit == IndexFit::errors && is_suspect);
}

IndexFit check_index(const Root& build_cache, const std::string& entry,
                     const std::vector<std::string>& tree_files) {
  const Kind kind = build_cache.stat(entry).kind;
  if (kind == Kind::absent) return IndexFit::none;
  if (kind == Kind::directory) return IndexFit::rotten;
  const auto action = build_cache.read(entry, 4096);
  // v1 <64 hex> <64 hex> <size> <time>
  if (!action || action->size() < 133 || !action->starts_with("v1 ")) return IndexFit::none;
  const std::string output = action->substr(68, 64);
  if (output.find_first_not_of("0123456789abcdef") != output.npos) return IndexFit::none;
  const auto bytes = build_cache.read(output.substr(0, 2) + "/" + output + "-d", 256 << 20);
  if (!bytes) return IndexFit::none;
  if (sha256_hex(*bytes) != output) return IndexFit::rotten;
  const auto index = decode_module_index(*bytes);
  // Sound bytes, but no index of any format: the entry leads to something else.
  if (!index) return bytes->starts_with("go index v") ? IndexFit::unknown : IndexFit::rotten;

  std::set<std::string> nested;
  for (const std::string& file : tree_files) {
    if (file.ends_with("/go.mod")) nested.insert(file.substr(0, file.size() - 7));
  }
  std::set<std::string> there;
  for (const std::string& file : tree_files) {
    if (is_go_source(file) && !in_nested_module(file, nested)) there.insert(file);
  }
  bool errors = index->has_error;
  for (const IndexedFile& file : index->files) {
    if (!is_go_source(file.name)) continue;
    if (there.erase(file.name) == 0) return IndexFit::stale;
    errors = errors || file.has_error;
  }
  if (!there.empty()) return IndexFit::stale;
  return errors ? IndexFit::errors : IndexFit::fits;
}

}  // namespace recovery

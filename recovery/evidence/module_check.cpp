#include "recovery/evidence/module_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "recovery/evidence/inspect.hpp"
#include "recovery/go/download_files.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/module_index.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/go/zip_rules.hpp"

namespace recovery {
namespace {

constexpr std::uint64_t piece_bytes = 8 << 20;  // of one thread's work, unpacked
constexpr std::size_t read_size = 256 * 1024;

}  // namespace

// Opens files of the tree, one directory at a time.
class ModuleCheck::TreeReader {
 public:
  TreeReader(const Root& cache, std::string tree) : cache_(cache), tree_(std::move(tree)) {}

  Fd open(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    const std::string dir = slash == file.npos ? "" : file.substr(0, slash);
    if (!dir_ || dir != name_) {
      dir_ = cache_.try_open(dir.empty() ? tree_ : tree_ + "/" + dir, O_PATH | O_DIRECTORY);
      name_ = dir;
    }
    const char* last = file.c_str() + (slash == file.npos ? 0 : slash + 1);
    return Fd(
        ::openat(dir_.get(), last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }

  // Reads as much as there is, up to the size of the buffer.
  std::string_view read(int fd, std::size_t size) {
    if (buffer_.size() < size) buffer_.resize(size);
    std::size_t used = 0;
    while (used < size) {
      const ssize_t n = ::read(fd, buffer_.data() + used, size - used);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      used += static_cast<std::size_t>(n);
    }
    return {buffer_.data(), used};
  }

 private:
  const Root& cache_;
  const std::string tree_;
  Fd dir_;
  std::string name_;
  std::vector<char> buffer_;
};

bool ModuleCheck::look() {
  if (!stamp()) return false;
  result_.is_unchanged = true;
  if (!facts_are_right() || !list_is_right() || !index_is_right()) return false;
  if (knows(result_.content)) {
    result_.is_sound = true;
    files_->zip.reset();
    return false;
  }
  return open();
}

bool ModuleCheck::stamp() {
  files_ = stamp_module(cache_, context_.index, m_, target_.expected);
  if (!files_) return false;
  result_.facts = files_->facts;
  result_.content = files_->content;
  result_.index = files_->index;
  result_.changed_ns = files_->changed_ns;
  result_.has_stamps = true;
  return true;
}

bool ModuleCheck::knows(const Stamp& stamp) {
  if (context_.memo.knows(stamp)) return true;
  result_.is_unchanged = false;
  return false;
}

// A ziphash that nobody can be held against is believed, unless the contents say otherwise.
bool ModuleCheck::facts_are_right() {
  if (knows(result_.facts)) return true;
  const ModuleState facts = inspect(cache_, m_, target_.expected, Depth::facts);
  if (facts.broken() || facts.unreadable()) return false;
  note(result_.facts);
  return true;
}

bool ModuleCheck::list_is_right() const {
  const std::string rel = list_file(m_);
  const Stat st = cache_.stat(rel);
  if (st.kind == Kind::absent) return true;
  const auto bytes = cache_.read(rel, 16 << 20);
  return bytes && is_version_list(*bytes);
}

bool ModuleCheck::index_is_right() {
  if (files_->index_entry.empty() || knows(result_.index)) return true;
  std::vector<std::string> names;
  for (const auto& file : files_->tree) names.push_back(file.name);
  if (files_->is_told_by_zip) {
    for (const ZipEntry& entry : zip()->entries())
      names.push_back(entry.name.substr(m_.str().size() + 1));
  }
  if (is_cause(check_index(*context_.index.build_cache, files_->index_entry, names), false))
    return false;
  note(result_.index);
  return true;
}

// Ready to be read, piece by piece.
bool ModuleCheck::open() {
  if (is_toolchain(m_) && files_->has_tree) return false;  // go changes that tree
  if (target_.expected.zip.size() > 1) return false;
  if (files_->has_zip) {
    if (!zip()) files_->zip = ZipFile::open(cache_, download_file(m_, ".zip"));
    if (!zip() || !names_fit()) return false;
  } else if (!files_->has_tree) {
    result_.is_sound = true;  // nothing but small files
    note(result_.content);
    return false;
  }
  digests_.resize(size());
  cut_into_pieces();
  if (pieces_.empty()) conclude();
  return !pieces_.empty();
}

// Each entry of the zip has its file in the tree, of its size, and there is no other file.
bool ModuleCheck::names_fit() {
  const std::string prefix = m_.str() + "/";
  const auto& entries = zip()->entries();
  auto& tree = files_->tree;
  if (!fault_in_names(entries, m_).empty()) return false;
  if (std::ranges::any_of(entries, [](const ZipEntry& e) { return e.name.ends_with('/'); }))
    return false;
  if (!files_->has_tree) return true;
  if (files_->is_told_by_zip && !list_names()) return false;
  if (entries.size() != tree.size()) return false;
  std::ranges::sort(tree, {}, &ListedFile::name);
  return std::ranges::all_of(entries, [&](const ZipEntry& entry) {
    const std::string_view file = std::string_view(entry.name).substr(prefix.size());
    const auto found = std::ranges::lower_bound(
        tree, file, {}, [](const ListedFile& f) { return std::string_view(f.name); });
    return found != tree.end() && found->name == file &&
           (files_->is_told_by_zip || found->size == entry.size);
  });
}

bool ModuleCheck::list_names() {
  const Fd tree = cache_.try_open(tree_dir(m_), O_RDONLY | O_DIRECTORY);
  return tree && recovery::list_names(tree.get(), files_->tree);
}

void ModuleCheck::cut_into_pieces() {
  std::uint64_t bytes = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    bytes += size_of(i) + 4096;  // opening a file costs something, too
    if (bytes < piece_bytes && i + 1 < size()) continue;
    pieces_.emplace_back(begin, i + 1);
    begin = i + 1;
    bytes = 0;
  }
}

std::uint64_t ModuleCheck::size_of(std::size_t i) const {
  return zip() ? zip()->entries()[i].size : files_->tree[i].size;
}

std::string ModuleCheck::name(std::size_t i) const {
  return zip() ? zip()->entries()[i].name : m_.str() + "/" + files_->tree[i].name;
}

void ModuleCheck::check_piece(std::size_t piece, std::optional<Unpacker>& unpacker) {
  const auto [begin, end] = pieces_[piece];
  if (is_refuted_) return;
  Sha256 sum;
  TreeReader reader(cache_, tree_dir(m_));
  if (zip()) {
    if (unpacker)
      unpacker->turn_to(*zip());
    else
      unpacker.emplace(*zip());
  }
  for (std::size_t i = begin; i < end && !is_refuted_; ++i) {
    if (zip() ? !check_entry(i, *unpacker, reader, sum) : !hash_file(i, reader, sum))
      is_refuted_ = true;
  }
}

bool ModuleCheck::check_entry(std::size_t i, Unpacker& unpacker, TreeReader& reader, Sha256& sum) {
  const ZipEntry& entry = zip()->entries()[i];
  Fd file;
  if (files_->has_tree) {
    file = reader.open(entry.name.substr(m_.str().size() + 1));
    if (!file) return false;
  }
  bool is_same = true;
  const bool is_whole = unpacker.unpack(entry, [&](std::string_view piece) {
    sum.update(piece);
    if (is_same && file) is_same = reader.read(file.get(), piece.size()) == piece;
  });
  digests_[i] = sum.next();
  if (file && is_same) is_same = reader.read(file.get(), 1).empty();
  count(entry.packed_size, entry.packed_size + (file ? entry.size : 0));
  return is_whole && is_same;
}

bool ModuleCheck::hash_file(std::size_t i, TreeReader& reader, Sha256& sum) {
  const Fd file = reader.open(files_->tree[i].name);
  struct stat st;
  if (!file || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  std::uint64_t size = 0;
  while (true) {
    const std::string_view piece = reader.read(file.get(), read_size);
    sum.update(piece);
    size += piece.size();
    if (piece.size() < read_size) break;
  }
  digests_[i] = sum.next();
  count(0, size);
  return size == files_->tree[i].size;
}

void ModuleCheck::count(std::uint64_t progress, std::uint64_t read) {
  context_.progress.done += progress;
  context_.bytes_read += read;
}

void ModuleCheck::refute() {
  is_refuted_ = true;
  result_.is_sound = false;
}

void ModuleCheck::conclude() {
  if (is_refuted_) return;
  const std::string h1 = h1_of_contents();
  if (h1.empty() || !is_right(h1) || !go_mod_is_right()) return;
  result_.is_sound = true;
  note(result_.content);
}

// Empty when a name is there twice.
std::string ModuleCheck::h1_of_contents() const {
  FileHashes hashes;
  for (std::size_t i = 0; i < digests_.size(); ++i) hashes.emplace(name(i), to_hex(digests_[i]));
  return hashes.size() == digests_.size() ? hash1(hashes) : std::string();
}

// inspect() has the last word where nobody has recorded anything: then zip and tree must agree,
// as they do here, or there is only one of them.
bool ModuleCheck::is_right(const std::string& h1) const {
  if (!target_.expected.zip.empty() && !target_.expected.zip.contains(h1)) return false;
  if (!files_->has_ziphash) return true;
  const auto ziphash = cache_.read(download_file(m_, ".ziphash"), 100);
  return ziphash && *ziphash == h1;
}

bool ModuleCheck::go_mod_is_right() const {
  if (!target_.expected.go_mod.empty() || !holds_its_go_mod(m_)) return true;
  const std::string go_mod = m_.str() + "/go.mod";
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    if (name(i) != go_mod) continue;
    const auto bytes = cache_.read(download_file(m_, ".mod"), 16 << 20);
    return !bytes || sha256_hex(*bytes) == to_hex(digests_[i]);
  }
  return true;
}

}  // namespace recovery

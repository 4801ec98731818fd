#include "recovery/proof.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "recovery/layout.hpp"
#include "recovery/module_index.hpp"
#include "recovery/recover.hpp"
#include "recovery/stamp.hpp"
#include "recovery/toolchain.hpp"
#include "recovery/unpacker.hpp"
#include "recovery/zip.hpp"

namespace recovery {
namespace {

constexpr std::uint64_t piece_bytes = 8 << 20;  // of one thread's work, unpacked
constexpr std::size_t read_size = 256 * 1024;

std::string_view as_text(const Stamp& stamp) {
  return {reinterpret_cast<const char*>(stamp.data()), stamp.size()};
}

std::string hash1_of(std::vector<std::pair<std::string_view, Digest>>& files) {
  std::ranges::sort(files, {}, [](const auto& file) { return file.first; });
  FileHashes hashes;
  for (const auto& [name, digest] : files)
    hashes.emplace_hint(hashes.end(), std::string(name), to_hex(digest));
  return hashes.size() == files.size() ? hash1(hashes) : std::string();
}

}  // namespace

std::size_t useful_threads(std::size_t count) {
  return std::max<std::size_t>(
      1, std::min<std::size_t>({count, std::thread::hardware_concurrency(), 64}));
}

// One module version, from its stamps to its proof.
class Prover::Case {
 public:
  Case(Prover& prover, const Provable& what, Proven& result)
      : prover_(prover), cache_(prover.cache_), what_(what), m_(what.module), result_(result) {}

  // Looks at names and times, and at the small files. False: the contents need not be read, or
  // can't help.
  bool look() {
    if (!take_stamps()) return false;
    result_.is_unchanged = true;
    if (!knows(result_.facts)) {
      const ModuleState facts = inspect(cache_, m_, what_.expected, Depth::facts);
      // A ziphash that nobody can be held against is believed, unless the contents say otherwise.
      if (facts.broken() || facts.unreadable()) return false;
      note(result_.facts);
    }
    if (!list_is_right() || !index_is_right()) return false;
    if (knows(result_.content)) {
      result_.is_sound = true;
      zip_.reset();
      return false;
    }
    return open();
  }

  std::size_t pieces() const { return pieces_.size(); }
  std::uint64_t weight() const { return weight_; }

  void prove_piece(std::size_t piece, std::optional<Unpacker>& unpacker) {
    const auto [begin, end] = pieces_[piece];
    if (is_refuted_) return;
    Sha256 sum;
    Reader reader(*this);
    if (zip_) {
      if (unpacker)
        unpacker->turn_to(*zip_);
      else
        unpacker.emplace(*zip_);
    }
    for (std::size_t i = begin; i < end && !is_refuted_; ++i) {
      if (zip_ ? !prove_entry(i, *unpacker, reader, sum) : !hash_file(i, reader, sum))
        is_refuted_ = true;
    }
  }

  void refute() {
    is_refuted_ = true;
    result_.is_sound = false;
  }

  void conclude() {
    if (is_refuted_) return;
    std::vector<std::pair<std::string_view, Digest>> files;
    for (std::size_t i = 0; i < digests_.size(); ++i) files.emplace_back(name(i), digests_[i]);
    for (const auto& [file_name, digest] : files) {
      if (file_name == mod_name()) go_mod_ = digest;
    }
    std::vector<std::string> prefixed;
    if (!zip_) {  // a tree's names lack what a zip's begin with
      prefixed.reserve(files.size());
      for (auto& [file_name, digest] : files) {
        prefixed.push_back(m_.str() + "/" + std::string(file_name));
        file_name = prefixed.back();
      }
    }
    const std::string h1 = hash1_of(files);
    if (h1.empty() || !is_right(h1) || !go_mod_is_right()) return;
    result_.is_sound = true;
    note(result_.content);
  }

 private:
  // Opens files of the tree, one directory at a time.
  class Reader {
   public:
    explicit Reader(const Case& owner) : owner_(owner) {}
    Fd open(const std::string& file) {
      const std::size_t slash = file.rfind('/');
      const std::string dir = slash == file.npos ? "" : file.substr(0, slash);
      if (!dir_ || dir != name_) {
        const std::string tree = tree_dir(owner_.m_);
        dir_ = owner_.cache_.try_open(dir.empty() ? tree : tree + "/" + dir, O_PATH | O_DIRECTORY);
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
    const Case& owner_;
    Fd dir_;
    std::string name_;
    std::vector<char> buffer_;
  };

  bool knows(const Stamp& stamp) {
    if (prover_.memo_.knows(stamp)) return true;
    result_.is_unchanged = false;
    return false;
  }
  void note(const Stamp& stamp) { prover_.memo_.note(stamp, result_.changed_ns); }

  bool take_stamps() {
    Stamper facts, content, index;
    for (Stamper* stamper : {&facts, &content, &index}) {
      stamper->text("gomend 1");
      stamper->text(m_.str());
      for (const std::string& h1 : what_.expected.zip) stamper->text(h1);
      stamper->text("/go.mod");
      for (const std::string& h1 : what_.expected.go_mod) stamper->text(h1);
    }
    const Fd dir = cache_.try_open(download_dir(m_), O_PATH | O_DIRECTORY);
    if (!dir && errno != ENOENT) return false;
    for (const char* extension : {".info", ".mod", ".ziphash", ".partial", ".lock", ".zip"}) {
      struct stat st;
      const std::string file = m_.escaped_version() + extension;
      const bool is_there =
          dir && ::fstatat(dir.get(), file.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
      const std::string_view name = extension;
      for (Stamper* stamper : {&facts, &content}) {
        const bool is_content = name == ".zip" || name == ".ziphash" || name == ".mod";
        if (stamper == &facts ? name == ".zip" : !is_content) continue;
        stamper->text(name);
        if (is_there)
          stamper->stat(st);
        else
          stamper->absent();
      }
      if (is_there && !S_ISREG(st.st_mode)) return false;
      if (name == ".zip" && is_there) zip_size_ = static_cast<std::uint64_t>(st.st_size);
      if (name == ".zip") has_zip_ = is_there;
      if (name == ".ziphash") has_ziphash_ = is_there;
      if (name == ".partial" && is_there) return false;  // go would throw the tree away
    }
    const Fd tree = cache_.try_open(tree_dir(m_), O_RDONLY | O_DIRECTORY);
    has_tree_ = bool(tree);
    if (!tree && errno != ENOENT) return false;
    content.text(has_tree_ ? "tree" : "no tree");
    if (has_tree_ && has_zip_) zip_ = ZipFile::open(cache_, download_file(m_, ".zip"));
    if (has_tree_ && !stamp_tree(tree.get(), content)) return false;
    result_.facts = facts.take();
    result_.content = content.take();
    result_.changed_ns = std::max({facts.changed_ns(), content.changed_ns(), tree_changed_ns_});
    stamp_index(index);
    result_.has_stamps = true;
    return true;
  }

  bool stamp_tree(int tree, Stamper& content) {
    Stamper by_zip, listed;
    is_told_by_zip_ = zip_ && stamp_by_zip(tree, by_zip);
    if (!is_told_by_zip_ && !list_tree(tree, listed, files_)) return false;
    Stamper& used = is_told_by_zip_ ? by_zip : listed;
    tree_changed_ns_ = used.changed_ns();
    content.text(as_text(used.take()));
    return true;
  }

  // The zip tells the names, and the times of a directory tell whether a name has come or gone: no
  // directory is read. False: something is not as the zip has it.
  bool stamp_by_zip(int tree, Stamper& stamper) const {
    const std::string prefix = m_.str() + "/";
    struct stat st;
    if (::fstat(tree, &st) != 0 || (st.st_mode & 0500) != 0500) return false;
    stamper.text("as the zip has it");
    stamper.stat(st);
    std::unordered_set<std::string_view> seen{""};
    for (const ZipEntry& entry : zip_->entries()) {
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

  static std::string_view parent(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? std::string_view() : path.substr(0, slash);
  }

  // The index names files of the tree: those are in it, too.
  void stamp_index(Stamper& index) {
    if (is_told_by_zip_) index.text(as_text(result_.content));
    for (const auto& file : files_) index.text(file.name);
    if (!prover_.build_cache_ || !has_tree_) return;
    index_entry_ = index_entry(prover_.index_version_, cache_.absolute(tree_dir(m_)));
    index.text(index_entry_);
    const Root& build_cache = *prover_.build_cache_;
    if (const auto action = build_cache.read(index_entry_, 4096)) {
      const std::string output = action->substr(0, std::min<std::size_t>(action->size(), 153));
      index.text(output);  // without its time
      if (output.size() > 132) {
        const std::string object = output.substr(68, 64);
        const Stat st = build_cache.stat(object.substr(0, 2) + "/" + object + "-d");
        if (st.kind == Kind::regular)
          index.stat(st.st);
        else
          index.absent();
      }
    } else {
      index_entry_.clear();
    }
    result_.index = index.take();
  }

  bool list_is_right() const {
    const std::string rel = list_file(m_);
    const Stat st = cache_.stat(rel);
    if (st.kind == Kind::absent) return true;
    const auto bytes = cache_.read(rel, 16 << 20);
    return bytes && is_version_list(*bytes);
  }

  bool index_is_right() {
    if (index_entry_.empty() || knows(result_.index)) return true;
    std::vector<std::string> names;
    for (const auto& file : files_) names.push_back(file.name);
    if (is_told_by_zip_) {
      for (const ZipEntry& entry : zip_->entries())
        names.push_back(entry.name.substr(m_.str().size() + 1));
    }
    if (is_cause(check_index(*prover_.build_cache_, index_entry_, names), false)) return false;
    note(result_.index);
    return true;
  }

  // Ready to be read, piece by piece.
  bool open() {
    if (is_toolchain(m_) && has_tree_) return false;  // go changes that tree
    if (what_.expected.zip.size() > 1) return false;
    if (has_zip_) {
      if (!zip_) zip_ = ZipFile::open(cache_, download_file(m_, ".zip"));
      if (!zip_ || !names_fit()) return false;
    } else if (!has_tree_) {
      result_.is_sound = true;  // nothing but small files
      note(result_.content);
      return false;
    }
    const std::size_t count = zip_ ? zip_->entries().size() : files_.size();
    digests_.resize(count);
    cut_into_pieces(count);
    weight_ = zip_size_;
    if (pieces_.empty()) conclude();
    return !pieces_.empty();
  }

  std::uint64_t size_of(std::size_t i) const {
    return zip_ ? zip_->entries()[i].size : files_[i].size;
  }

  void cut_into_pieces(std::size_t count) {
    std::uint64_t bytes = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
      bytes += size_of(i) + 4096;  // opening a file costs something, too
      if (bytes < piece_bytes && i + 1 < count) continue;
      pieces_.emplace_back(begin, i + 1);
      begin = i + 1;
      bytes = 0;
    }
  }

  // Each entry of the zip has its file in the tree, of its size, and there is no other file.
  bool names_fit() {
    const std::string prefix = m_.str() + "/";
    const auto& entries = zip_->entries();
    for (const ZipEntry& entry : entries) {
      if (!entry.name.starts_with(prefix) || entry.name.ends_with('/') ||
          entry.name.find('\n') != entry.name.npos) {
        return false;
      }
    }
    if (!has_tree_) return true;
    if (is_told_by_zip_ && !list_names()) return false;
    if (entries.size() != files_.size()) return false;
    std::ranges::sort(files_, {}, &ListedFile::name);
    return std::ranges::all_of(entries, [&](const ZipEntry& entry) {
      const std::string_view file = std::string_view(entry.name).substr(prefix.size());
      const auto found = std::ranges::lower_bound(
          files_, file, {}, [](const ListedFile& f) { return std::string_view(f.name); });
      return found != files_.end() && found->name == file &&
             (is_told_by_zip_ || found->size == entry.size);
    });
  }

  bool list_names() {
    const Fd tree = cache_.try_open(tree_dir(m_), O_RDONLY | O_DIRECTORY);
    return tree && recovery::list_names(tree.get(), files_);
  }

  std::string_view name(std::size_t i) const {
    return zip_ ? std::string_view(zip_->entries()[i].name) : std::string_view(files_[i].name);
  }
  std::string mod_name() const { return zip_ ? m_.str() + "/go.mod" : "go.mod"; }

  bool prove_entry(std::size_t i, Unpacker& unpacker, Reader& reader, Sha256& sum) {
    const ZipEntry& entry = zip_->entries()[i];
    Fd file;
    if (has_tree_) {
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

  bool hash_file(std::size_t i, Reader& reader, Sha256& sum) {
    const Fd file = reader.open(files_[i].name);
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
    return size == files_[i].size;
  }

  void count(std::uint64_t progress, std::uint64_t read) {
    prover_.progress_.done += progress;
    prover_.bytes_read_ += read;
  }

  // inspect() has the last word where nobody has recorded anything: then zip and tree must agree,
  // as they do here, or there is only one of them.
  bool is_right(const std::string& h1) const {
    if (!what_.expected.zip.empty() && !what_.expected.zip.contains(h1)) return false;
    if (!has_ziphash_) return true;
    const auto ziphash = cache_.read(download_file(m_, ".ziphash"), 100);
    return ziphash && *ziphash == h1;
  }

  bool go_mod_is_right() const {
    if (!what_.expected.go_mod.empty() || !go_mod_ || !holds_its_go_mod(m_)) return true;
    const auto bytes = cache_.read(download_file(m_, ".mod"), 16 << 20);
    return !bytes || sha256_hex(*bytes) == to_hex(*go_mod_);
  }

  Prover& prover_;
  const Root& cache_;
  const Provable& what_;
  const ModuleVersion& m_;
  Proven& result_;
  bool has_zip_ = false, has_tree_ = false, has_ziphash_ = false;
  bool is_told_by_zip_ = false;  // the stamps; else the tree was listed
  long long tree_changed_ns_ = 0;
  std::uint64_t zip_size_ = 0;
  std::uint64_t weight_ = 0;
  std::string index_entry_;
  std::vector<ListedFile> files_;
  std::optional<ZipFile> zip_;
  std::vector<std::pair<std::size_t, std::size_t>> pieces_;
  std::vector<Digest> digests_;
  std::optional<Digest> go_mod_;
  std::atomic<bool> is_refuted_ = false;
};

// Modules and pieces of modules, dealt out to all threads.
class Prover::Work {
 public:
  Work(Prover& prover, const std::vector<Provable>& modules, std::vector<Proven>& results)
      : prover_(prover), modules_(modules), results_(results) {
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < modules.size(); ++i) {
      const Stat st = prover.cache_.stat(download_file(modules[i].module, ".zip"));
      sizes.push_back(st.kind == Kind::regular ? static_cast<std::uint64_t>(st.size()) : 0);
      order_.push_back(i);
      prover.progress_.total += sizes.back();
    }
    // The largest first: the last pieces are small ones then, and no processor waits for another.
    std::ranges::sort(order_, std::ranges::greater(), [&](std::size_t i) { return sizes[i]; });
    sizes_ = std::move(sizes);
  }

  void run() {
    std::vector<std::jthread> threads;
    // One module may well have pieces for all.
    for (std::size_t i = 1; i < useful_threads(modules_.size() * 8); ++i)
      threads.emplace_back([this] { work(); });
    work();
  }

 private:
  struct Open {
    std::unique_ptr<Case> the_case;
    std::size_t module;
    std::size_t next = 0;  // piece
    std::atomic<std::size_t> left;
  };

  void work() {
    std::optional<Unpacker> unpacker;
    std::unique_lock lock(mutex_);
    while (true) {
      if (!open_.empty()) {
        const std::shared_ptr<Open> open = open_.back();
        const std::size_t piece = open->next++;
        if (open->next == open->the_case->pieces()) open_.pop_back();
        lock.unlock();
        guarded(*open, [&] { open->the_case->prove_piece(piece, unpacker); });
        if (--open->left == 0) guarded(*open, [&] { open->the_case->conclude(); });
        lock.lock();
      } else if (next_ < order_.size()) {
        const std::size_t module = order_[next_++];
        ++looking_;
        lock.unlock();
        auto open = look_at(module);
        lock.lock();
        --looking_;
        if (open) open_.push_back(std::move(open));
        changed_.notify_all();
      } else if (looking_ > 0) {
        changed_.wait(lock);  // there may be pieces in what is being looked at
      } else {
        return;
      }
    }
  }

  std::shared_ptr<Open> look_at(std::size_t module) {
    auto open = std::make_shared<Open>();
    open->module = module;
    open->the_case = std::make_unique<Case>(prover_, modules_[module], results_[module]);
    bool must_read = false;
    guarded(*open, [&] { must_read = open->the_case->look(); });
    open->left = open->the_case->pieces();
    if (must_read) return open;
    prover_.progress_.done += sizes_[module];
    return nullptr;
  }

  // A module at which something fails is not proven.
  template <class Do>
  void guarded(Open& open, const Do& act) {
    try {
      act();
    } catch (const std::exception& error) {
      trace("proof of " + modules_[open.module].module.str() + ": " + error.what());
      open.the_case->refute();
    }
  }

  Prover& prover_;
  const std::vector<Provable>& modules_;
  std::vector<Proven>& results_;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::size_t> order_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t looking_ = 0;
  std::vector<std::shared_ptr<Open>> open_;
};

std::vector<Proven> Prover::prove(const std::vector<Provable>& modules) {
  std::vector<Proven> results(modules.size());
  Work(*this, modules, results).run();
  return results;
}

}  // namespace recovery

#include "recovery/version_repair.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <system_error>

#include "recovery/describe.hpp"
#include "recovery/h1.hpp"
#include "recovery/layout.hpp"
#include "recovery/module_index.hpp"
#include "recovery/recover.hpp"
#include "recovery/toolchain.hpp"
#include "recovery/version_lock.hpp"
#include "recovery/zip.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

bool go_asks_sumdb(const Settings& settings, const ModuleVersion& m) {
  return settings.sumdb != "off" && !settings.sumdb.empty() &&
         !match_prefix_patterns(settings.no_sumdb, m.path());
}

// One version's repair, under its lock.
class Work {
 public:
  Work(Workshop& shop, const ModuleVersion& m, const Expected& expected, bool index_is_suspect)
      : shop_(shop),
        cache_(shop.cache),
        m_(m),
        expected_(expected),
        index_is_suspect_(index_is_suspect),
        s_(m) {}

  Mended run() {
    clear_the_way(inspect(cache_, m_, expected_, Depth::facts));
    const VersionLock lock(cache_, m_, 30s);
    look();
    if (!s_.broken() && !s_.unreadable() && !index_is_stale_) return std::move(result_);
    if (s_.broken() || s_.unreadable()) {
      make_readable();
      if (!get_good_content()) return std::move(result_);
      put_back();
    }
    drop_index_if_stale();
    summarise();
    return std::move(result_);
  }

  Mended fetch_all() {
    const VersionLock lock(cache_, m_, 30s);
    look();
    if (!fetch(1)) return std::move(result_);
    put_absent();
    result_.done = "taken from " + result_.source;
    return std::move(result_);
  }

  Mended take_all(bool from_own) {
    const VersionLock lock(cache_, m_, 30s);
    look();
    fetched_ = is_right(from_own);
    if (fetched_) put_absent();
    return std::move(result_);
  }

  Mended take_go_mod(bool from_own) {
    const VersionLock lock(cache_, m_, 30s);
    look();
    fetched_ = is_right_go_mod(from_own);
    if (!fetched_) return std::move(result_);
    put_staged(".info", cache_.stat(download_file(m_, ".info")).kind == Kind::absent);
    put_staged(".mod", s_.go_mod != Health::sound);
    bring_answers();
    return std::move(result_);
  }

 private:
  // The command will ask the database again, perhaps by way of the source that has just failed.
  void bring_answers() {
    if (!go_asks_sumdb()) return;
    try {
      shop_.stage().hand_over_answers();
    } catch (const std::system_error& error) {  // then it asks
      trace("the database's answers: " + std::string(error.what()));
    }
  }

  void put_absent() {
    bring_answers();
    put_staged(".info", cache_.stat(download_file(m_, ".info")).kind == Kind::absent);
    put_staged(".mod", s_.go_mod != Health::sound);
    put_staged(".zip", s_.zip != Health::sound);
    put_ziphash(s_.ziphash != Health::sound);
  }

  // What stands in the place of the lock, or of a directory above it, must go before anything else
  // can be done.
  void clear_the_way(const ModuleState& facts) {
    if (!facts.obstacle.empty()) take_before_lock(facts.obstacle);
    if (facts.lock == Health::broken) take_before_lock(download_file(m_, ".lock"));
    if (facts.lock == Health::unreadable && allow(download_file(m_, ".lock"), 0600))
      result_.done = "permissions restored";
    if (facts.obstacle.empty() && facts.lock != Health::broken) return;
    for (const std::string& phrase : describe(facts)) {
      if (phrase.find("stands where") != phrase.npos || phrase.find("lock") != phrase.npos) {
        result_.findings.push_back(phrase);
      }
    }
    result_.changed = true;
    result_.done = "moved aside";
  }

  // Another gomend may be at the same, and be faster: then it is gone.
  void take_before_lock(const std::string& rel) {
    try {
      take(rel);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::no_such_file_or_directory) throw;
    }
  }

  void look() {
    s_ = inspect(cache_, m_, expected_, Depth::everything);
    truth_ = s_.truth;
    result_.newest_change_ns = s_.newest_change_ns;
    index_is_stale_ = !index_entry_of_cause(s_.tree == Health::sound).empty();
    for (std::string& phrase : describe(s_)) result_.findings.push_back(std::move(phrase));
  }

  std::string index_entry_of_cause(bool has_tree) const {
    if (!shop_.build_cache) return {};
    const std::string entry = index_entry(shop_.settings.go_version, cache_.absolute(tree_dir(m_)));
    const IndexFit fit = check_index(*shop_.build_cache, entry, index_files(has_tree));
    return is_cause(fit, index_is_suspect_) ? entry : std::string();
  }

  // Names that the tree has, or will have once go has extracted it.
  std::vector<std::string> index_files(bool has_tree) const {
    if (has_tree) return tree_files(cache_, m_);
    if (const auto zip = ZipFile::open(cache_, download_file(m_, ".zip"))) {
      std::vector<std::string> names;
      for (const ZipEntry& entry : zip->entries()) {
        if (entry.name.size() > m_.str().size())
          names.push_back(entry.name.substr(m_.str().size() + 1));
      }
      return names;
    }
    return {};
  }

  // Modes that keep the owner himself from reading: given back, then looked at again.
  void make_readable() {
    if (!s_.unreadable() && std::ranges::none_of(s_.tree_faults, [](const TreeFault& fault) {
          return fault.kind == TreeFault::Kind::unreadable;
        })) {
      return;
    }
    bool any = false;
    for (const char* extension : {".zip", ".ziphash", ".mod", ".info", ".lock", ".partial"}) {
      any = allow(download_file(m_, extension), 0600) || any;
    }
    any = allow(tree_dir(m_), 0500) || any;
    for (const TreeFault& fault : s_.tree_faults) {
      if (fault.kind == TreeFault::Kind::unreadable && !fault.name.empty()) {
        const std::string rel = tree_dir(m_) + "/" + fault.name;
        const bool is_to_run = is_toolchain(m_) && must_be_executable(fault.name);
        const bool is_directory = cache_.stat(rel).kind == Kind::directory;
        any = allow(rel, is_directory || is_to_run ? 0500 : 0400) || any;
      }
    }
    if (any) result_.done = "permissions restored";
    s_ = inspect(cache_, m_, expected_, Depth::everything);
    truth_ = s_.truth;
  }

  // True if the mode had to be changed.
  bool allow(const std::string& rel, mode_t wanted) {
    const Stat st = cache_.stat(rel);
    if (st.kind != Kind::regular && st.kind != Kind::directory) return false;
    const bool is_ours = st.st.st_uid == ::geteuid() || ::geteuid() == 0;
    if ((st.st.st_mode & wanted) == wanted || !is_ours) return false;
    const mode_t all = wanted | wanted >> 3 | (wanted & 0500) >> 6;
    cache_.chmod(rel, (st.st.st_mode & 07777) | (all & ~umask_()));
    result_.changed = true;
    return true;
  }

  static mode_t umask_() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return mask;
  }

  // Finds in the cache, or fetches, what every broken artefact needs; false when there is no way.
  bool get_good_content() {
    const bool zip_ok = s_.zip == Health::sound;
    const bool tree_ok = s_.tree == Health::sound;
    if (s_.go_mod == Health::broken) find_go_mod();
    const bool must_fetch =
        (s_.tree == Health::broken && !zip_ok) || (s_.zip == Health::broken && !tree_ok) ||
        (s_.ziphash == Health::broken && (truth_.empty() || (!zip_ok && !tree_ok))) ||
        (s_.go_mod == Health::broken && !go_mod_) || s_.info == Health::broken;
    return !must_fetch || fetch(0);
  }

  // The zip and the tree hold the module's go.mod too. It is the one that go.sum means only if its
  // hash says so.
  void find_go_mod() {
    std::optional<std::string> bytes;
    if (s_.zip == Health::sound) bytes = from_zip(download_file(m_, ".zip"), "go.mod");
    if (!bytes && s_.tree == Health::sound) bytes = cache_.read(tree_dir(m_) + "/go.mod", 16 << 20);
    if (!bytes) bytes = "module " + m_.path() + "\n";  // what go makes up for a module without one
    if (expected_.go_mod.contains(hash_go_mod(*bytes))) go_mod_ = std::move(bytes);
  }

  std::optional<std::string> from_zip(const std::string& rel, const std::string& name) const {
    const auto zip = ZipFile::open(cache_, rel);
    if (!zip) return std::nullopt;
    for (const ZipEntry& entry : zip->entries()) {
      if (entry.name != m_.str() + "/" + name) continue;
      std::string bytes;
      if (!zip->unpack(entry, [&](std::string_view piece) { bytes += piece; })) return std::nullopt;
      return bytes;
    }
    return std::nullopt;
  }

  // From each source in turn, from the `first` on, until one gives the right bytes.
  bool fetch(std::size_t first) {
    const auto sources = shop_.sources.for_module(m_);
    for (std::size_t i = first; i < sources.size(); ++i) {
      const Stage::Fetched fetched = shop_.stage().fetch(m_, expected_, sources[i].proxy);
      if (!fetched.ok) {
        if (result_.failure.empty()) result_.failure = fetched.error;
        continue;
      }
      if (!is_right(i == 0)) {
        result_.failure = sources[i].name + " gives other bytes than were recorded";
        continue;
      }
      fetched_ = true;
      result_.failure.clear();
      if (i > 0) result_.source = sources[i].name;
      return true;
    }
    if (result_.failure.empty()) result_.failure = "no other source may be asked";
    return false;
  }

  // go has checked the fetched copy against go.sum or the checksum database; here it is hashed
  // again by ourselves, and where go checks nothing it must be what was recorded when the module
  // first came.
  bool is_right(bool is_first_source) {
    Stage& stage = shop_.stage();
    const auto zip = ZipFile::open(cache_, stage.file(m_, ".zip"));
    const auto files = zip ? zip->hashes() : std::nullopt;
    const auto go_mod = cache_.read(stage.file(m_, ".mod"), 16 << 20);
    const auto info = cache_.read(stage.file(m_, ".info"), 1 << 20);
    if (!files || !go_mod || !info || !is_info_of(*info, m_)) return false;
    const std::string h1 = hash1(*files);
    if (!expected_.zip.empty() && !expected_.zip.contains(h1)) return false;
    if (!expected_.go_mod.empty() && !expected_.go_mod.contains(hash_go_mod(*go_mod))) return false;
    const bool was_checked = !expected_.zip.empty() || go_asks_sumdb();
    const bool was_recorded = truth_.empty() || h1 == truth_ || h1 == s_.zip_h1 || h1 == s_.tree_h1;
    if (!was_checked && !was_recorded) return false;
    // What nobody can vouch for comes from where plain go would get it, or not at all.
    const bool is_known = was_checked || !truth_.empty();
    if (!is_first_source && (!is_known || (expected_.go_mod.empty() && !go_asks_sumdb()))) {
      return false;
    }
    if (h1 != truth_) adopt(h1);
    return true;
  }

  // The truth turned out to be another than the majority in the cache said: everything is judged by
  // it anew.
  void adopt(const std::string& h1) {
    truth_ = h1;
    Expected known = expected_;
    known.zip = {h1};
    s_ = inspect(cache_, m_, known, Depth::everything);
  }

  bool is_right_go_mod(bool from_own) {
    Stage& stage = shop_.stage();
    const auto go_mod = cache_.read(stage.file(m_, ".mod"), 16 << 20);
    const auto info = cache_.read(stage.file(m_, ".info"), 1 << 20);
    if (!go_mod || !info || !is_info_of(*info, m_)) return false;
    if (!expected_.go_mod.empty()) return expected_.go_mod.contains(hash_go_mod(*go_mod));
    return from_own || go_asks_sumdb();
  }

  bool go_asks_sumdb() const { return recovery::go_asks_sumdb(shop_.settings, m_); }

  void put_back() {
    if (fetched_) put_staged(".info", s_.info != Health::sound);
    put_go_mod();
    put_zip();
    put_ziphash(s_.ziphash == Health::broken ||
                (s_.ziphash == Health::absent && s_.tree != Health::absent));
    if (s_.partial == Health::broken) take(download_file(m_, ".partial"));
    if (s_.list == Health::broken) take(list_file(m_));
    if (s_.tree == Health::broken) mend_tree();
  }

  void put_go_mod() {
    if (s_.go_mod == Health::sound) return;
    if (go_mod_)
      put_bytes(*go_mod_, download_file(m_, ".mod"));
    else
      put_staged(".mod", fetched_);
  }

  void put_zip() {
    if (s_.zip == Health::sound) return;
    if (fetched_) {
      put_staged(".zip", true);
    } else if (s_.zip == Health::broken && s_.tree == Health::sound) {
      rebuild_zip();
    }
  }

  // Other bytes than the zip that was lost, the same h1: go accepts it.
  void rebuild_zip() {
    const auto files = hashes_of(read_tree(cache_, m_), m_);
    if (!files || hash1(*files) != s_.tree_h1) {
      throw std::runtime_error("the tree of " + m_.str() + " changed meanwhile");
    }
    auto next = files->begin();
    const std::string bytes = make_zip([&]() -> std::optional<ZipInput> {
      if (next == files->end()) return std::nullopt;
      const std::string name = next->first;
      auto content = cache_.read(tree_dir(m_) + "/" + name.substr(m_.str().size() + 1), 500 << 20);
      if (!content || sha256_hex(*content) != next->second)
        throw std::runtime_error(name + " changed meanwhile");
      ++next;
      return ZipInput{name, std::move(*content)};
    });
    put_bytes(bytes, download_file(m_, ".zip"));
  }

  void put_ziphash(bool wanted) {
    if (wanted && !truth_.empty()) put_bytes(truth_, download_file(m_, ".ziphash"));
  }

  void put_staged(std::string_view extension, bool wanted) {
    if (wanted) put(shop_.stage().file(m_, extension), download_file(m_, extension));
  }

  void put_bytes(std::string_view bytes, const std::string& rel, mode_t mode = 0666) {
    const std::string staged = shop_.stage().fresh_name();
    cache_.write_new(staged, bytes, mode);
    put(staged, rel);
  }

  // Renames a staged file into place; what stood there is in quarantine first.
  void put(const std::string& staged, const std::string& rel) {
    const std::size_t slash = rel.rfind('/');
    cache_.make_directories(rel.substr(0, slash));
    const Writable writable(cache_, rel.substr(0, slash));
    if (cache_.stat(rel).kind != Kind::absent) {
      shop_.quarantine().make_way(rel);
      result_.replaced.push_back(rel);
    }
    cache_.replace(staged, rel);
    cache_.give_to_owner(rel);  // what go fetched is root's, if we are
    result_.changed = true;
  }

  void take(const std::string& rel) {
    shop_.quarantine().take(rel);
    result_.replaced.push_back(rel);
    result_.changed = true;
  }

  void mend_tree() {
    if (cache_.stat(tree_dir(m_)).kind != Kind::directory) {
      take(tree_dir(m_));  // go extracts the zip again
      return;
    }
    const auto zip = ZipFile::open(cache_, download_file(m_, ".zip"));
    if (!zip) throw std::runtime_error("no zip to mend the tree of " + m_.str() + " from");
    if (fetched_ || s_.tree_faults.empty()) find_faults(*zip);
    std::map<std::string, const ZipEntry*> entries;
    for (const ZipEntry& entry : zip->entries()) entries[entry.name] = &entry;
    for (const TreeFault& fault : s_.tree_faults) {
      if (fault.kind == TreeFault::Kind::extra) take(tree_dir(m_) + "/" + fault.name);
    }
    for (const TreeFault& fault : s_.tree_faults) {
      if (fault.kind == TreeFault::Kind::missing || fault.kind == TreeFault::Kind::changed) {
        put_tree_file(*zip, *entries.at(m_.str() + "/" + fault.name), fault.name);
      }
    }
    if (is_toolchain(m_)) complete_toolchain();
  }

  // What go does once, when bin/go can't be run or src/go.mod is not there, and never again. bin/go
  // comes last, as there.
  void complete_toolchain() {
    const Tree tree = read_tree(cache_, m_);
    const auto has = [&](const std::string& name) {
      return cache_.stat(tree_dir(m_) + "/" + name).kind != Kind::absent;
    };
    for (const auto& [name, file] : tree.files) {
      const std::string copy = name.substr(0, name.size() - 7) + "go.mod";
      if (!name.ends_with("/_go.mod") || !has("src/go.mod") || has(copy)) continue;
      const auto bytes = cache_.read(tree_dir(m_) + "/" + name, 16 << 20);
      if (bytes) put_bytes(*bytes, tree_dir(m_) + "/" + copy, 0444);
    }
    for (const auto& [name, file] : tree.files) {
      if (must_be_executable(name) && name != "bin/go") allow(tree_dir(m_) + "/" + name, 0500);
    }
    allow(tree_dir(m_) + "/bin/go", 0500);
  }

  // The zip that tells what belongs in the tree has come only now.
  void find_faults(const ZipFile& zip) {
    const auto files = zip.hashes();
    if (!files) throw std::runtime_error("the zip of " + m_.str() + " changed meanwhile");
    s_.tree_faults = compare_tree(read_tree(cache_, m_), m_, *files);
  }

  void put_tree_file(const ZipFile& zip, const ZipEntry& entry, const std::string& name) {
    std::string bytes;
    if (!zip.unpack(entry, [&](std::string_view piece) { bytes += piece; })) {
      throw std::runtime_error("the zip of " + m_.str() + " changed meanwhile");
    }
    const bool is_read_only = (cache_.stat(tree_dir(m_)).st.st_mode & 0200) == 0;
    const std::string rel = tree_dir(m_) + "/" + name;
    std::vector<std::string> made;
    for (std::size_t slash = rel.find('/', tree_dir(m_).size() + 1); slash != rel.npos;
         slash = rel.find('/', slash + 1)) {
      const std::string dir = rel.substr(0, slash);
      if (cache_.stat(dir).kind == Kind::absent) make_tree_directory(dir, made);
    }
    put_bytes(bytes, rel, 0444);
    for (const std::string& dir : made) {
      if (is_read_only) cache_.chmod(dir, cache_.stat(dir).st.st_mode & 07777 & ~0222U);
    }
  }

  void make_tree_directory(const std::string& dir, std::vector<std::string>& made) {
    const Writable writable(cache_, dir.substr(0, dir.rfind('/')));
    cache_.make_directories(dir);
    made.push_back(dir);
  }

  // The index was made from what lay there: if sources were lost or changed, what it says of them
  // is worth nothing.
  void drop_index_if_stale() {
    if (!shop_.build_cache) return;
    std::string entry = index_entry_of_cause(cache_.stat(tree_dir(m_)).kind == Kind::directory);
    const bool sources_changed = std::ranges::any_of(s_.tree_faults, [](const TreeFault& fault) {
      return fault.kind != TreeFault::Kind::unreadable;
    });
    if (entry.empty() && (sources_changed || s_.tree == Health::broken)) {
      entry = index_entry(shop_.settings.go_version, cache_.absolute(tree_dir(m_)));
    }
    if (entry.empty() || !shop_.drop_index(entry)) return;
    result_.changed = true;
    if (index_is_stale_ && result_.findings.empty()) {
      result_.findings.push_back("go's index of its packages is stale");
      result_.done = "dropped that entry";
    }
  }

  void summarise() {
    if (!result_.done.empty() && result_.replaced.empty() && !fetched_) return;
    if (fetched_)
      result_.done = result_.source.empty() ? "replaced" : "replaced from " + result_.source;
    else if (s_.tree == Health::broken)
      result_.done = "restored from the cached zip";
    else if (result_.done.empty())
      result_.done = "restored from what the cache still held";
  }

  Workshop& shop_;
  const Root& cache_;
  const ModuleVersion& m_;
  const Expected& expected_;
  const bool index_is_suspect_;
  ModuleState s_;
  std::string truth_;
  std::optional<std::string> go_mod_;  // good bytes that the cache itself held
  bool index_is_stale_ = false;
  bool fetched_ = false;
  Mended result_;
};

}  // namespace

Mended repair(Workshop& shop, const ModuleVersion& m, const Expected& expected,
              bool index_is_suspect) {
  return Work(shop, m, expected, index_is_suspect).run();
}

Mended fetch_elsewhere(Workshop& shop, const ModuleVersion& m, const Expected& expected) {
  return Work(shop, m, expected, false).fetch_all();
}

Mended take_fetched(Workshop& shop, const ModuleVersion& m, const Expected& expected, bool whole,
                    bool from_own) {
  Work work(shop, m, expected, false);
  return whole ? work.take_all(from_own) : work.take_go_mod(from_own);
}

bool is_vouched_for(const Settings& settings, const ModuleVersion& m, const Expected& expected) {
  return go_asks_sumdb(settings, m) || (!expected.zip.empty() && !expected.go_mod.empty());
}

}  // namespace recovery

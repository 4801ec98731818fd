#include "recovery/clones.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "recovery/clone_judge.hpp"
#include "recovery/clone_key.hpp"
#include "recovery/h1.hpp"
#include "recovery/layout.hpp"
#include "recovery/quarantine.hpp"
#include "recovery/run.hpp"
#include "recovery/stage.hpp"
#include "recovery/stamp.hpp"
#include "recovery/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using patterns::Diagnosis;

const std::string clones_dir = "cache/vcs";
constexpr std::size_t most_clones = 16;  // that are judged when go does not say which
constexpr int most_depth = 32;           // of directories, each closed
constexpr std::size_t most_queries = 4;  // fetches that are tried for one clone

bool is_hash(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

// One clone, and what is wrong with it.
class Clone {
 public:
  Clone(const Root& cache, const CloneJudge& judge, std::string hash)
      : cache_(cache), judge_(judge), rel_(clones_dir + "/" + std::move(hash)) {}

  // Every object is read, or with `at_a_glance` none: is it a clone at all?
  void look(bool at_a_glance = false) {
    key_ = read_key();
    lock_is_no_file_ = is_no_file(rel_ + ".lock");
    info_is_wrong_ = is_no_file(rel_ + ".info") || (has_info() && key_.empty());
    stale_locks_.clear();
    closed_.clear();
    fault_.clear();
    if (cache_.stat(rel_).kind != Kind::directory) return;  // go makes it anew
    find_in(rel_);
    if (!is_judged() || !closed_.empty()) return;
    fault_ = is_half_pulled() ? "a pull was not ended"
                              : judge_.fault_of(cache_.absolute(rel_), at_a_glance);
  }

  bool is_sound() const {
    return fault_.empty() && stale_locks_.empty() && closed_.empty() && !info_is_wrong_ &&
           !lock_is_no_file_;
  }

  std::vector<std::string> findings() const {
    std::vector<std::string> words;
    if (lock_is_no_file_) words.emplace_back("its lock is no regular file");
    if (!closed_.empty()) words.emplace_back("its modes keep you out");
    if (info_is_wrong_) words.emplace_back("its .info is damaged");
    if (!stale_locks_.empty())
      words.emplace_back(std::string(is_hg() ? "an hg" : "a git") +
                         " that died has left a lock in it");
    if (!fault_.empty()) words.push_back("it is damaged (" + fault_ + ")");
    return words;
  }

  // "git3:https://example.com/a": what its name is the hash of; empty when nobody knows.
  std::string key() const {
    if (!key_.empty()) return key_;
    const std::string key = judge_.key_of(cache_.absolute(rel_));
    return sha256_hex(key) == hash() ? key : std::string();
  }

  const std::string& rel() const { return rel_; }
  std::string hash() const { return rel_.substr(clones_dir.size() + 1); }
  const std::string& fault() const { return fault_; }
  bool info_is_wrong() const { return info_is_wrong_; }
  bool lock_is_no_file() const { return lock_is_no_file_; }
  const std::vector<std::string>& stale_locks() const { return stale_locks_; }
  const std::vector<std::string>& closed() const { return closed_; }

 private:
  bool is_no_file(const std::string& rel) const {
    const Kind kind = cache_.stat(rel).kind;
    return kind != Kind::absent && kind != Kind::regular && kind != Kind::denied;
  }

  bool has_info() const { return cache_.stat(rel_ + ".info").kind == Kind::regular; }

  std::string read_key() const {
    std::string key = cache_.read(rel_ + ".info", 64 << 10).value_or("");
    if (key.ends_with("\n")) key.pop_back();
    return sha256_hex(key) == hash() ? key : std::string();
  }

  bool is_hg() const { return CloneJudge::is_hg(cache_.absolute(rel_)); }

  bool is_judged() const {
    return key_.starts_with("git") || cache_.stat(rel_ + "/objects").kind == Kind::directory ||
           is_hg();
  }

  // Locks, and what its owner can't read or write. git's own objects are read-only by right.
  void find_in(const std::string& dir) {
    const bool in_objects = dir.starts_with(rel_ + "/objects");
    if (keeps_out(dir, 0700)) return closed_.push_back(dir);
    for (const std::string& name : cache_.list(dir).value_or(std::vector<std::string>{})) {
      const std::string rel = dir + "/" + name;
      const Kind kind = cache_.stat(rel).kind;
      if (kind == Kind::directory) {
        find_in(rel);
      } else if (kind == Kind::regular) {
        if (keeps_out(rel, in_objects ? 0400 : 0600)) closed_.push_back(rel);
        if (name.ends_with(".lock") && !someone_collects_garbage()) stale_locks_.push_back(rel);
      }
      const bool is_hg_lock = rel == rel_ + "/.hg/wlock" || rel == rel_ + "/.hg/store/lock";
      if (is_hg_lock && kind != Kind::directory && !is_held(rel)) stale_locks_.push_back(rel);
    }
  }

  // What hg has written of its journal is not in use; it wants to be told to `hg recover`.
  bool is_half_pulled() const {
    return cache_.stat(rel_ + "/.hg/store/journal").kind == Kind::regular &&
           !is_held(rel_ + "/.hg/store/lock");
  }

  // hg writes the holder into a symlink, or a file where there are none.
  bool is_held(const std::string& lock) const {
    return CloneJudge::is_hg_lock_held(cache_.read(lock, 4096).value_or(cache_.read_link(lock)));
  }

  bool keeps_out(const std::string& rel, mode_t needed) const {
    const Stat st = cache_.stat(rel);
    return ::geteuid() != 0 && (st.kind == Kind::regular || st.kind == Kind::directory) &&
           st.st.st_uid == ::geteuid() && (st.st.st_mode & needed) != needed;
  }

  // git's own housekeeping runs on behind go's back, without go's lock: "<pid> <host>".
  bool someone_collects_garbage() const {
    const auto text = cache_.read(rel_ + "/gc.pid", 4096);
    if (!text) return false;
    pid_t pid = 0;
    std::from_chars(text->data(), text->data() + text->size(), pid);
    return pid <= 0 || is_alive(pid);
  }

  const Root& cache_;
  const CloneJudge& judge_;
  std::string rel_;
  std::string key_;
  std::string fault_;
  bool info_is_wrong_ = false;
  bool lock_is_no_file_ = false;
  std::vector<std::string> stale_locks_;
  std::vector<std::string> closed_;
};

// What git, not a proxy, does not know. It has looked in a clone; or, where that is none any more,
// in a repository of the user's own that lies around the cache.
bool is_lost_revision(const Diagnosis& d) {
  return d.class_id == "revision/unknown" && d.host.empty();
}

bool concerns_clones(const Diagnosis& d, const Settings& settings) {
  const auto path = clean_path(d.path);
  return d.class_id == "cache/vcs-corrupt" || is_lost_revision(d) ||
         (path && path->starts_with(settings.mod_cache + "/" + clones_dir));
}

class Work {
 public:
  Work(const std::vector<Diagnosis>& diagnoses, const Root& cache, const Settings& settings,
       const Request& request, const BuildList& list)
      : diagnoses_(diagnoses),
        cache_(cache),
        settings_(settings),
        request_(request),
        list_(list),
        judge_(request.env) {}

  std::vector<CloneMended> run(bool look_only) { return run(suspects(), look_only, nullptr); }

  std::vector<CloneMended> run(const std::vector<std::string>& hashes, bool look_only, Memo* memo) {
    std::vector<CloneMended> all;
    for (const std::string& hash : hashes) {
      const auto stamp = memo != nullptr ? stamp_of(hash) : std::nullopt;
      if (stamp && memo->knows(stamp->first)) continue;
      Clone clone(cache_, judge_, hash);
      clone.look(memo == nullptr && !is_about_clones());
      if (clone.is_sound()) {
        if (stamp) memo->note(stamp->first, stamp->second);
        continue;
      }
      trace("evidence: " + cache_.absolute(clone.rel()));
      CloneMended mended;
      mended.findings = clone.findings();
      mended.name = url_without_user(clone.key());
      if (mended.name.empty()) mended.name = hash;
      if (!look_only) mend(clone, mended);
      all.push_back(std::move(mended));
    }
    return all;
  }

 private:
  // And the youngest ctime in it. (What lies in its objects git reads; nobody else does.)
  std::optional<std::pair<Stamp, long long>> stamp_of(const std::string& hash) const {
    Stamper stamper;
    const std::string rel = clones_dir + "/" + hash;
    stamper.text("clone " + hash);
    for (const std::string& file : {rel + ".info", rel + ".lock"}) {
      const Stat st = cache_.stat(file);
      if (st.kind == Kind::regular)
        stamper.stat(st.st);
      else
        stamper.absent();
    }
    const Fd dir = cache_.try_open(rel, O_RDONLY | O_DIRECTORY);
    std::vector<ListedFile> files;
    if (!dir || !list_tree(dir.get(), stamper, files)) return std::nullopt;
    const Stamp stamp = stamper.take();
    return std::pair(stamp, stamper.changed_ns());
  }

  // False: go found no such revision, mostly because there is none.
  bool is_about_clones() const {
    return std::ranges::any_of(diagnoses_, [&](const Diagnosis& d) {
      return !is_lost_revision(d) && concerns_clones(d, settings_);
    });
  }

  // The one that go named; when it named none, the few that there are.
  std::vector<std::string> suspects() const {
    std::vector<std::string> named;
    const std::string root = settings_.mod_cache + "/" + clones_dir + "/";
    for (const Diagnosis& d : diagnoses_) {
      const auto path = clean_path(d.path);
      if (!path || !path->starts_with(root)) continue;
      const std::string hash = path->substr(root.size(), 64);
      if (is_hash(hash) && std::ranges::find(named, hash) == named.end()) named.push_back(hash);
    }
    if (!named.empty()) return named;
    for (const std::string& name : cache_.list(clones_dir).value_or(std::vector<std::string>{})) {
      if (is_hash(name) && named.size() < most_clones) named.push_back(name);
    }
    return named;
  }

  void mend(Clone& clone, CloneMended& mended) {
    try {
      clear_the_way(clone, mended);
      const VersionLock lock(cache_, clone.rel() + ".lock", 30s);
      clone.look();
      take_stale_locks(clone, mended);
      if (!clone.fault().empty() || (clone.info_is_wrong() && !write_info(clone, mended)))
        replace(clone, mended);
    } catch (const std::exception& error) {
      mended.failure = error.what();
    }
    trace("mend " + mended.name + ": " +
          (mended.failure.empty() ? mended.done : "failed: " + mended.failure));
    if (quarantine_) mended.quarantine = quarantine_->id();
  }

  // What keeps go, and us, from its lock; and from looking.
  void clear_the_way(Clone& clone, CloneMended& mended) {
    if (clone.lock_is_no_file()) take(clone.rel() + ".lock", mended, "moved aside");
    for (const char* extension : {".lock", ".info"}) open(clone.rel() + extension, mended);
    for (int depth = 0; depth < most_depth && !clone.closed().empty(); ++depth) {
      for (const std::string& rel : clone.closed()) open(rel, mended);
      clone.look();
    }
  }

  void open(const std::string& rel, CloneMended& mended) {
    const Stat st = cache_.stat(rel);
    if (st.kind != Kind::regular && st.kind != Kind::directory) return;
    const mode_t needed = st.kind == Kind::directory ? 0700 : 0600;
    if (::geteuid() == 0 || (st.st.st_mode & needed) == needed) return;
    cache_.chmod(rel, (st.st.st_mode & 07777) | needed);
    mended.changed = true;
    mended.done = "permissions restored";
  }

  // Its owner is dead: whoever works in a clone holds go's lock, and we have it.
  void take_stale_locks(Clone& clone, CloneMended& mended) {
    if (clone.stale_locks().empty()) return;
    for (const std::string& rel : clone.stale_locks()) take(rel, mended, "moved aside");
    clone.look();
  }

  // The name is the hash of what stood there.
  bool write_info(const Clone& clone, CloneMended& mended) {
    if (cache_.stat(clone.rel()).kind == Kind::absent) {  // go makes both anew
      take(clone.rel() + ".info", mended, "moved aside");
      return true;
    }
    const std::string key = clone.key();
    if (key.empty()) return false;
    const std::string fresh = stage().fresh_name();
    cache_.write_new(fresh, key, 0666);
    take(clone.rel() + ".info", mended, "written again");
    cache_.replace(fresh, clone.rel() + ".info");
    return true;
  }

  void replace(const Clone& clone, CloneMended& mended) {
    const std::string fresh = fetch(clone, mended);
    if (fresh.empty()) return;
    for (const char* extension : {".info", ""}) {
      if (cache_.stat(clone.rel() + extension).kind != Kind::absent)
        take(clone.rel() + extension, mended, "replaced");
    }
    cache_.move(fresh, clone.rel());
    cache_.replace(fresh + ".info", clone.rel() + ".info");
    mended.changed = true;
    mended.failure.clear();
  }

  // go itself makes a clone, on the way to a version that it may have wanted.
  std::string fetch(const Clone& clone, CloneMended& mended) {
    for (const Query& query : queries(clone)) {
      const std::string fresh =
          stage().fetch_clone(query.text, query.module, query.lines, clone.hash());
      if (fresh.empty()) continue;
      const std::string fault = judge_.fault_of(cache_.absolute(fresh));
      if (fault.empty()) return fresh;
    }
    mended.failure = "its source gives no other";
    return {};
  }

  struct Query {
    std::string text;  // "example.com/a@v1.0.0", "example.com/a@latest"
    std::optional<ModuleVersion> module;
    Expected lines;
  };

  std::vector<Query> queries(const Clone& clone) const {
    std::vector<Query> all;
    const auto add = [&](const std::string& path, const std::string& version) {
      const std::string text = path + "@" + (version.empty() ? "latest" : version);
      const bool is_known =
          std::ranges::any_of(all, [&](const Query& q) { return q.text == text; });
      if (is_known || all.size() >= most_queries) return;
      if (const auto m = ModuleVersion::parse(path, version))
        all.push_back({text, *m, list_.expected(*m)});
      else if (is_import_path(path) && path.find('/') != path.npos)
        all.push_back({text, std::nullopt, {}});
    };
    for (const Diagnosis& d : diagnoses_) {
      if (!d.module.empty() && ModuleVersion::parse(d.module, d.version)) add(d.module, d.version);
    }
    const std::string key = clone.key();
    for (const ModuleVersion& m : list_.modules()) {
      if (may_hold(key, m.path())) add(m.path(), m.version());
    }
    for (const ModuleVersion& m : list_.modules()) {
      if (cache_.stat(download_file(m, ".zip")).kind == Kind::absent) add(m.path(), m.version());
    }
    for (const std::string& word : request_.argv) {
      const std::size_t at = word.find('@');
      if (at != word.npos) add(word.substr(0, at), word.substr(at + 1));
    }
    for (const Diagnosis& d : diagnoses_) add(d.module, "");
    add(repository_of(key), "");
    return all;
  }

  void take(const std::string& rel, CloneMended& mended, const char* done) {
    if (!quarantine_) quarantine_ = std::make_unique<Quarantine>(cache_, settings_.keep);
    quarantine_->take(rel);
    mended.replaced.push_back(rel);
    mended.changed = true;
    mended.done = done;
  }

  Stage& stage() {
    if (!stage_) stage_ = std::make_unique<Stage>(cache_, settings_, request_);
    return *stage_;
  }

  const std::vector<Diagnosis>& diagnoses_;
  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  const BuildList& list_;
  CloneJudge judge_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Quarantine> quarantine_;
};

}  // namespace

bool points_at_clones(const std::vector<Diagnosis>& diagnoses, const Settings& settings) {
  return std::ranges::any_of(diagnoses,
                             [&](const Diagnosis& d) { return concerns_clones(d, settings); });
}

std::vector<CloneMended> repair_clones(const std::vector<Diagnosis>& diagnoses, const Root& cache,
                                       const Settings& settings, const Request& request,
                                       const BuildList& list, bool look_only) {
  return Work(diagnoses, cache, settings, request, list).run(look_only);
}

std::vector<CloneMended> verify_clones(const std::vector<std::string>& hashes, const Root& cache,
                                       const Settings& settings, const Request& request,
                                       const BuildList& list, bool look_only, Memo& memo) {
  const std::vector<Diagnosis> none;
  return Work(none, cache, settings, request, list).run(hashes, look_only, &memo);
}

}  // namespace recovery

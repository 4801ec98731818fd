#include "recovery/upkeep/evict.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "recovery/evidence/catalogue.hpp"
#include "recovery/evidence/evidence.hpp"
#include "recovery/go/download_files.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/repair/version_lock.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

constexpr std::array extensions{".zip", ".ziphash", ".mod", ".info", ".partial"};

std::string h1_of_zip(const Root& cache, const std::string& rel) {
  const auto zip = ZipFile::open(cache, rel);
  const auto files = zip ? zip->hashes() : std::nullopt;
  return files ? hash1(*files) : std::string();
}

class Eviction {
 public:
  Eviction(RepairContext& shop, const ModuleVersion& m) : shop_(shop), cache_(shop.cache), m_(m) {
    result_.module = m.str();
  }

  Evicted run(const BuildList& list, Refetch refetch) {
    if (refetch == Refetch::yes && !fetch()) return std::move(result_);
    const VersionLock lock(cache_, m_, 30s);
    result_.before = h1_of_zip(cache_, download_file(m_, ".zip"));
    const std::set<std::string> clones = clones_of(cache_, {m_});
    if (refetch == Refetch::yes)
      put_new(list);
    else
      for (const char* extension : extensions) take(download_file(m_, extension));
    take(tree_dir(m_));
    if (shop_.build_cache)
      shop_.drop_index(index_entry(shop_.settings.go_version, cache_.absolute(tree_dir(m_))));
    for (const std::string& clone : clones) take_clone(clone);
    result_.quarantine = shop_.quarantine_id();
    return std::move(result_);
  }

 private:
  bool fetch() {
    if (!shop_.sources.may_ask(m_)) {
      result_.failure = shop_.sources.walk(m_).why();
      return false;
    }
    const Stage::Fetched fetched = shop_.stage().fetch(m_, {}, "");
    if (!fetched.ok) {
      result_.failure = fetched.error.empty() ? "download failed" : fetched.error;
      return false;
    }
    const auto info = cache_.read(shop_.stage().file(m_, ".info"), 1 << 20);
    result_.after = h1_of_zip(cache_, shop_.stage().file(m_, ".zip"));
    if (result_.after.empty() || !info || !is_info_of(*info, m_)) {
      result_.failure = "the downloaded module is corrupt";
      return false;
    }
    // Who asks for this doubts go.sum and the cache: of the witnesses, the database alone counts.
    const ModuleState nothing(m_);
    const Witnesses w{shop_.settings, nothing, shop_.stage().answer(m_)};
    const auto verdict = policy::judge(result_.after, policy::Origin::own, w.on_content());
    if (policy::may_come_in(verdict)) return true;
    result_.failure = policy::reason(verdict);
    return false;
  }

  void put_new(const BuildList& list) {
    for (const char* extension : {".info", ".mod", ".zip", ".ziphash"}) {
      const std::string rel = download_file(m_, extension);
      if (cache_.stat(rel).kind != Kind::absent) {
        shop_.quarantine().make_way(rel);
        result_.replaced.push_back(rel);
      }
      cache_.make_directories(download_dir(m_));
      cache_.replace(shop_.stage().file(m_, extension), rel);
      cache_.give_to_owner(rel);
    }
    const Expected expected = list.expected(m_);
    result_.differs_from_go_sum = expected.by == Expected::By::go_sum && !expected.zip.empty() &&
                                  !expected.zip.contains(result_.after);
  }

  void take(const std::string& rel) {
    if (cache_.stat(rel).kind == Kind::absent) return;
    shop_.quarantine().take(rel);
    result_.replaced.push_back(rel);
  }

  void take_clone(const std::string& clone) {
    if (cache_.stat(clone).kind != Kind::directory) return;
    const VersionLock lock(cache_, clone + ".lock", 30s);
    take(clone);
    take(clone + ".info");
  }

  RepairContext& shop_;
  const Root& cache_;
  const ModuleVersion& m_;
  Evicted result_;
};

}  // namespace

Evicted evict(RepairContext& shop, const ModuleVersion& m, const BuildList& list, Refetch refetch) {
  return Eviction(shop, m).run(list, refetch);
}

}  // namespace recovery

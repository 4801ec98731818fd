#include "recovery/upkeep/diff.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/scoped_directory.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/repair/repair_context.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {
namespace {

// It may show that something is wrong, not that all is well: anybody may have put it there.
const std::string unverified = "checksum database (cached, not verified)";

struct Contents {
  std::string h1;
  std::map<std::string, std::pair<std::string, std::uint64_t>> files;  // SHA-256 and size
};

std::optional<Contents> read_zip(const Root& root, const std::string& rel) {
  const auto zip = ZipFile::open(root, rel);
  const auto hashes = zip ? zip->hashes() : std::nullopt;
  if (!hashes) return std::nullopt;
  Contents contents{hash1(*hashes), {}};
  for (const ZipEntry& entry : zip->entries()) {
    if (const auto hash = hashes->find(entry.name); hash != hashes->end())
      contents.files[entry.name] = {hash->second, entry.size};
  }
  return contents;
}

class Comparison {
 public:
  Comparison(RepairContext& shop, const ModuleVersion& m, const Sources& sources)
      : shop_(shop), m_(m), sources_(sources) {}

  Difference run() {
    read_records();
    read_local_zips();
    // Each by itself, as policy/asking.hpp has it: who has given it is passed by like one that
    // gives wrong bytes, for the sake of the comparison.
    Walk walk = sources_.walk(m_);
    while (const auto source = walk.next()) walk.answered(ask(*source));
    if (result_.sources.empty()) result_.sources.push_back({"GOPROXY", {}, {}, why_nobody(walk)});
    judge();
    return std::move(result_);
  }

 private:
  void read_records() {
    GoSums sums;
    for (const std::string& file : shop_.settings.sum_files) sums.add(read_text_file(file));
    record("go.sum", sums.zip[m_], sums.go_mod[m_]);
    const auto ziphash = shop_.cache.read(download_file(m_, ".ziphash"), 4096);
    if (ziphash && is_h1(*ziphash))
      record("ziphash", {*ziphash}, {});
    else if (ziphash)
      result_.recorded.push_back({"ziphash", {}, {}, "not an h1 hash"});
    const Expected known = unverified_record(shop_.cache, shop_.settings.sumdb, m_);
    record(unverified, known.zip, known.go_mod);
  }

  void record(const std::string& name, const std::set<std::string>& zip,
              const std::set<std::string>& go_mod) {
    if (zip.empty() && go_mod.empty()) return;
    result_.recorded.push_back(
        {name, {zip.begin(), zip.end()}, {go_mod.begin(), go_mod.end()}, ""});
  }

  void read_local_zips() {
    const std::string zip = download_file(m_, ".zip");
    Served cached{"the cache", {}, {}, ""};
    if (shop_.cache.stat(zip).kind != Kind::absent) {
      if (auto contents = read_zip(shop_.cache, zip)) {
        cached.zip = {contents->h1};
        local_.emplace_back("the cached zip", std::move(*contents));
      } else {
        cached.error = "zip is corrupt";
      }
    }
    if (const auto go_mod = shop_.cache.read(download_file(m_, ".mod"), 16 << 20))
      cached.go_mod = {hash_go_mod(*go_mod)};
    if (!cached.zip.empty() || !cached.go_mod.empty() || !cached.error.empty())
      result_.recorded.push_back(cached);
    std::vector<std::string> ids = quarantines(shop_.cache);
    std::ranges::reverse(ids);
    for (const std::string& id : ids) {
      const std::string kept = std::string(own_dir) + "/quarantine/" + id + "/" + zip;
      if (auto contents = read_zip(shop_.cache, kept)) {
        local_.emplace_back("the quarantined zip (" + id + ")", std::move(*contents));
        break;
      }
    }
  }

  static std::string why_nobody(const Walk& walk) {
    const std::string why = walk.why();
    return why.empty() ? "no source is permitted" : why;
  }

  policy::Answer ask(const Walk::Step& source) {
    const std::string name = redacted_proxies(source.proxy.empty() ? source.name : source.proxy);
    Served served{name, {}, {}, ""};
    const Stage::Fetched fetched = shop_.stage().fetch_unverified(m_, source.proxy);
    auto zip = fetched.ok ? read_zip(shop_.cache, shop_.stage().file(m_, ".zip")) : std::nullopt;
    const auto go_mod = shop_.cache.read(shop_.stage().file(m_, ".mod"), 16 << 20);
    if (!zip) {
      served.error = fetched.ok ? "download is corrupt" : last_words(fetched.error);
    } else {
      served.zip = {zip->h1};
      for (const auto& [against, contents] : local_) compare_files(name, against, contents, *zip);
    }
    if (go_mod) served.go_mod = {hash_go_mod(*go_mod)};
    result_.sources.push_back(served);
    return zip ? policy::Answer::wrong_bytes : policy::answer_in(fetched.error);
  }

  static std::string last_words(std::string error) {
    while (error.ends_with("\n")) error.pop_back();
    return error.empty() ? "not available" : error;
  }

  void compare_files(const std::string& source, const std::string& against, const Contents& here,
                     const Contents& there) {
    if (here.h1 == there.h1) return;
    const std::size_t prefix = m_.str().size() + 1;
    const auto add = [&](const std::string& name, std::optional<std::uint64_t> before,
                         std::optional<std::uint64_t> after) {
      result_.files.push_back(
          {source, against, name.substr(std::min(prefix, name.size())), before, after});
    };
    for (const auto& [name, file] : here.files) {
      const auto other = there.files.find(name);
      if (other == there.files.end())
        add(name, file.second, std::nullopt);
      else if (other->second.first != file.first)
        add(name, file.second, other->second.second);
    }
    for (const auto& [name, file] : there.files)
      if (!here.files.contains(name)) add(name, std::nullopt, file.second);
  }

  void judge() {
    std::set<std::string> zips, go_mods;
    std::size_t answers = 0, voices = 0;
    for (const auto* all : {&result_.recorded, &result_.sources}) {
      for (const Served& one : *all) {
        zips.insert(one.zip.begin(), one.zip.end());
        go_mods.insert(one.go_mod.begin(), one.go_mod.end());
        voices += !one.zip.empty() && one.name != unverified;
        answers += all == &result_.sources && !one.zip.empty();
      }
    }
    const bool is_damaged =
        std::ranges::any_of(result_.recorded, [](const Served& one) { return !one.error.empty(); });
    using enum Difference::Verdict;
    if (zips.size() > 1 || go_mods.size() > 1 || is_damaged)
      result_.verdict = differs;
    else
      result_.verdict = answers > 0 && voices > 1 ? same : unknown;
  }

  RepairContext& shop_;
  const ModuleVersion& m_;
  const Sources& sources_;
  std::vector<std::pair<std::string, Contents>> local_;
  Difference result_;
};

}  // namespace

Difference compare(const Request& request, const ModuleVersion& m) {
  const Settings settings = read_settings(request);
  const ScopedDirectory lent(settings.mod_cache, env_value(request.env, "HOME"));
  const Root cache(settings.mod_cache);
  const Config config = read_config(request.env, directory_of(settings.go_mod));
  const BuildList list(settings, cache, {});
  Sources sources(settings, request, config, &list);
  sources.note_typed({m});
  RepairContext shop(cache, settings, request, sources);
  return Comparison(shop, m, sources).run();
}

}  // namespace recovery

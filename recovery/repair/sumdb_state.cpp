#include "recovery/repair/sumdb_state.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "recovery/evidence/sumdb_proof.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "recovery/repair/quarantine.hpp"
#include "recovery/repair/stage.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::RuleFlag;

constexpr std::size_t largest_answer = 1 << 20;
constexpr std::size_t hash_size = 32;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == text.npos;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// "tile/8/0/x001/000.p/42": which tile, and how many hashes of it.
struct Tile {
  std::string name;  // "tile/8/0/x001/000"
  std::size_t width = 256;
};

Tile tile_of(const std::string& rel) {
  const std::size_t part = rel.rfind(".p/");
  if (part == rel.npos) return {rel, 256};
  Tile tile{rel.substr(0, part), 0};
  std::from_chars(rel.data() + part + 3, rel.data() + rel.size(), tile.width);
  return tile;
}

class Work {
 public:
  Work(const std::vector<Diagnosis>& diagnoses, const Root& cache, const Settings& settings,
       const Request& request)
      : diagnoses_(diagnoses),
        cache_(cache),
        settings_(settings),
        request_(request),
        name_(sumdb_name(settings)),
        key_(sumdb_key(settings)),
        dir_("cache/download/sumdb/" + name_) {}

  SumdbMended run() {
    if (name_.empty()) return {};
    if (look_at_tree_head()) return std::move(result_);
    for (const Diagnosis& d : diagnoses_) {
      const bool is_ours = d.flags.has(RuleFlag::sumdb_cache);
      const auto m = ModuleVersion::parse(d.module, d.version);
      if (is_ours && m && fetch_anew(*m)) break;
    }
    if (result_.changed) take_what_is_malformed("");
    return std::move(result_);
  }

  SumdbMended look_at_all(bool look_only) {
    if (name_.empty()) return {};
    if (look_at_tree_head()) return std::move(result_);
    look_only_ = look_only;
    take_what_is_malformed("");
    if (malformed_ > 0) {
      result_.findings = {std::to_string(malformed_) +
                          (malformed_ == 1 ? " cached answer is" : " cached answers are") +
                          " corrupt"};
      if (!look_only) result_.action = RepairAction::quarantined;
    }
    return std::move(result_);
  }

 private:
  std::string tree_head_path() const {
    return settings_.go_path + "/pkg/sumdb/" + name_ + "/latest";
  }

  // True if that is what is wrong: nothing can be verified then.
  bool look_at_tree_head() {
    const std::string note = read_text_file(tree_head_path());
    if (note.empty() || is_tree_head(note)) return false;
    result_.findings = {"tree head file " + tree_head_path() + " is corrupt"};
    const std::string head = quoted(tree_head_path());
    result_.advice = "not changed by gomend";
    result_.next = "mv " + head + " " + head + ".damaged";
    return true;
  }

  bool fetch_anew(const ModuleVersion& m) {
    Stage stage(cache_, settings_, request_);
    const std::string fresh = stage.fetch_sumdb(m, name_);
    if (fresh.empty()) {
      note_failure(stage.error());
      return false;
    }
    take_what_differs(fresh, "");
    if (!result_.changed) return false;
    result_.findings = {"a cached answer of the checksum database is corrupt"};
    result_.action = RepairAction::downloaded;
    return true;
  }

  // What comes anew does not fit either: the tree head is of another history than the answers.
  void note_failure(const std::string& error) {
    const bool does_not_fit = error.find("inconsistent tile") != error.npos ||
                              error.find("misbehavior") != error.npos ||
                              error.find("reading tree note") != error.npos;
    if (!does_not_fit || read_text_file(tree_head_path()).empty()) return;
    result_.findings = {
        "the checksum database's answers do not match the tree head that go has stored"};
    result_.advice =
        "the file is corrupt, or the database shows another history than before; use nothing "
        "verified by it until you know";
    result_.next = "cat " + quoted(tree_head_path());
  }

  // Walks what was fetched, verified by go, and replaces what the cache has otherwise.
  void take_what_differs(const std::string& fresh, const std::string& below) {
    for (const std::string& name :
         cache_.list(fresh + below).value_or(std::vector<std::string>{})) {
      const std::string rel = below + "/" + name;
      if (cache_.stat(fresh + rel).kind == Kind::directory) {
        take_what_differs(fresh, rel);
        continue;
      }
      const auto good = cache_.read(fresh + rel, largest_answer);
      if (!good || good->empty()) continue;
      if (rel.starts_with("/tile/")) {
        good_tiles_[tile_of(rel.substr(1)).name] = *good;
      }
      const auto have = cache_.read(dir_ + rel, largest_answer);
      if (!have || have->empty() || *have == *good) continue;
      take(rel);
      cache_.replace(fresh + rel, dir_ + rel);
      cache_.give_to_owner(dir_ + rel);
    }
  }

  // One retry must be enough: what else is no answer, or does not fit what has just been verified.
  void take_what_is_malformed(const std::string& below) {
    for (const std::string& name : cache_.list(dir_ + below).value_or(std::vector<std::string>{})) {
      const std::string rel = below + "/" + name;
      if (cache_.stat(dir_ + rel).kind == Kind::directory) {
        take_what_is_malformed(rel);
        continue;
      }
      const auto bytes = cache_.read(dir_ + rel, largest_answer);
      if (!bytes || bytes->empty()) continue;  // go fetches it again by itself
      const bool is_malformed = (rel.starts_with("/lookup/") && !is_answer(*bytes)) ||
                                (rel.starts_with("/tile/") && !fits(rel.substr(1), *bytes));
      malformed_ += is_malformed ? 1 : 0;
      if (is_malformed && !look_only_) take(rel);
    }
  }

  // Below it stands a tree head that the database has signed; whose is not, go refuses.
  bool is_answer(const std::string& bytes) const {
    if (!is_lookup(bytes)) return false;
    return key_.empty() || is_signed_note(bytes.substr(bytes.find("\n\n") + 2), key_);
  }

  bool fits(const std::string& rel, const std::string& bytes) const {
    const Tile tile = tile_of(rel);
    if (tile.name.find("/data/") != tile.name.npos) return true;
    if (bytes.size() != tile.width * hash_size) return false;
    const auto good = good_tiles_.find(tile.name);
    if (good == good_tiles_.end()) return true;
    const std::size_t common = std::min(bytes.size(), good->second.size());
    return bytes.compare(0, common, good->second, 0, common) == 0;
  }

  void take(const std::string& rel) {
    if (!quarantine_) quarantine_.emplace(cache_, settings_.keep);
    quarantine_->take(dir_ + rel);
    result_.replaced.push_back(dir_ + rel);
    result_.quarantine = quarantine_->id();
    result_.changed = true;
  }

  const std::vector<Diagnosis>& diagnoses_;
  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  std::string name_;
  std::string key_;  // empty: nobody here knows it
  std::string dir_;  // of the database, relative to the cache
  std::map<std::string, std::string> good_tiles_;
  bool look_only_ = false;
  std::size_t malformed_ = 0;
  std::optional<Quarantine> quarantine_;
  SumdbMended result_;
};

}  // namespace

bool points_at_sumdb_state(const std::vector<Diagnosis>& diagnoses) {
  return std::ranges::any_of(diagnoses,
                             [](const Diagnosis& d) { return d.flags.has(RuleFlag::sumdb_cache); });
}

bool is_fork(const std::vector<Diagnosis>& diagnoses) {
  return std::ranges::any_of(diagnoses,
                             [](const Diagnosis& d) { return d.flags.has(RuleFlag::sumdb_fork); });
}

SumdbMended repair_sumdb_state(const std::vector<Diagnosis>& diagnoses, const Root& cache,
                               const Settings& settings, const Request& request) {
  return Work(diagnoses, cache, settings, request).run();
}

SumdbMended verify_sumdb_state(const Root& cache, const Settings& settings, const Request& request,
                               bool look_only) {
  const std::vector<Diagnosis> none;
  return Work(none, cache, settings, request).look_at_all(look_only);
}

std::string sumdb_name(const Settings& settings) {
  const std::string name = settings.sumdb.substr(0, settings.sumdb.find_first_of("+ "));
  return name == "off" || name.find("..") != name.npos ? std::string() : name;
}

bool is_tree_head(std::string_view note) {
  if (take_line(note) != "go.sum database tree") return false;
  if (!is_number(take_line(note)) || take_line(note).size() != 44) return false;
  while (true) {  // lines may be added before the signatures
    if (note.find('\n') == note.npos) return false;
    if (take_line(note).empty()) break;
  }
  return note.starts_with("\xe2\x80\x94 ") && note.ends_with("\n");
}

bool is_lookup(std::string_view record) {
  if (!is_number(take_line(record))) return false;
  std::string_view line;
  while (!(line = take_line(record)).empty()) {
    if (line.find(" h1:") == line.npos) return false;
  }
  return is_tree_head(record);
}

}  // namespace recovery

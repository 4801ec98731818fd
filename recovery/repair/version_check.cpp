#include "recovery/repair/version_check.hpp"

#include "recovery/evidence/evidence.hpp"
#include "recovery/go/download_files.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/go/zip_rules.hpp"

namespace recovery {
namespace {

bool is_doubted(const Settings& settings, const Root& cache, const ModuleState& state) {
  Witnesses witnesses{settings, state};
  if (go_asks_sumdb(settings, state.module))
    witnesses.unverified = unverified_record(cache, settings.sumdb, state.module);
  policy::Evidence on_go_mod = witnesses.on_go_mod();
  if (const auto bytes = cache.read(download_file(state.module, ".mod"), 16 << 20))
    on_go_mod.zip = hash_go_mod(*bytes);
  return policy::is_doubted(witnesses.on_content()) || policy::is_doubted(on_go_mod);
}

std::optional<std::string> go_mod_in_zip(const Root& cache, const ModuleVersion& m) {
  const auto zip = ZipFile::open(cache, download_file(m, ".zip"));
  if (!zip) return std::nullopt;
  for (const ZipEntry& entry : zip->entries()) {
    if (entry.name != m.str() + "/go.mod") continue;
    std::string bytes;
    if (!zip->unpack(entry, [&](std::string_view piece) { bytes += piece; })) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

}  // namespace

bool is_vouched_for(const Settings& settings, const ModuleVersion& m, const Expected& expected) {
  ModuleState state(m);
  state.expected = expected;
  const Witnesses w{settings, state};
  return policy::is_vouched_for(w.on_content()) && policy::is_vouched_for(w.on_go_mod());
}

bool is_doubted(const RepairContext& shop, const ModuleVersion& m, const Expected& expected) {
  return is_doubted(shop.settings, shop.cache, inspect(shop.cache, m, expected, Depth::everything));
}

void VersionCheck::look() {
  state_ = inspect(shop_.cache, module(), expected_, Depth::everything);
  trusted_h1_ = state_.truth;
}

bool VersionCheck::believe(const Expected& said) {
  if (said.by == Expected::By::nothing) return false;
  if (expected_.zip.empty()) expected_.zip = said.zip;
  if (expected_.go_mod.empty()) expected_.go_mod = said.go_mod;
  if (expected_.by == Expected::By::nothing) expected_.by = said.by;
  look();
  return true;
}

bool VersionCheck::has_doubt() const {
  return is_doubted(shop_.settings, shop_.cache, state_);
}

// The zip and the tree hold the module's go.mod too. It is the one that go.sum means only if its
// hash says so.
std::optional<std::string> VersionCheck::go_mod_in_cache() const {
  std::optional<std::string> bytes;
  if (state_.zip == Health::sound) bytes = go_mod_in_zip(shop_.cache, module());
  if (!bytes && state_.tree == Health::sound)
    bytes = shop_.cache.read(tree_dir(module()) + "/go.mod", 16 << 20);
  if (!bytes) bytes = "module " + module().path() + "\n";  // go makes it up where there is none
  return expected_.go_mod.contains(hash_go_mod(*bytes)) ? bytes : std::nullopt;
}

policy::Verdict VersionCheck::of_cache() const {
  return policy::judge(trusted_h1_, policy::Origin::cache,
                       Witnesses{shop_.settings, state_}.on_content());
}

// go has checked the fetched copy against go.sum or the checksum database; here it is hashed
// again, and judged by what each witness says.
policy::Verdict VersionCheck::of_fetched(policy::Origin origin) {
  Stage& stage = shop_.stage();
  const auto zip = ZipFile::open(shop_.cache, stage.file(module(), ".zip"));
  const auto files = zip ? zip->hashes() : std::nullopt;
  const policy::Verdict of_go_mod = of_fetched_go_mod(origin);
  if (!policy::may_come_in(of_go_mod)) return of_go_mod;
  if (!files || !fault_in_names(zip->entries(), module()).empty()) return policy::Verdict::unknown;
  const std::string h1 = hash1(*files);
  const Witnesses w{shop_.settings, state_, stage.answer(module())};
  const policy::Verdict verdict = policy::judge(h1, origin, w.on_content());
  if (policy::may_come_in(verdict) && h1 != trusted_h1_) {
    trusted_h1_ = h1;
    Expected known = expected_;
    known.zip = {h1};
    state_ = inspect(shop_.cache, module(), known, Depth::everything);
  }
  return verdict;
}

// And of its .info, which must be of that version.
policy::Verdict VersionCheck::of_fetched_go_mod(policy::Origin origin) const {
  Stage& stage = shop_.stage();
  const auto go_mod = shop_.cache.read(stage.file(module(), ".mod"), 16 << 20);
  const auto info = shop_.cache.read(stage.file(module(), ".info"), 1 << 20);
  if (!go_mod || !info || !is_info_of(*info, module())) return policy::Verdict::unknown;
  const Witnesses w{shop_.settings, state_, stage.answer(module())};
  return policy::judge(hash_go_mod(*go_mod), origin, w.on_go_mod());
}

}  // namespace recovery

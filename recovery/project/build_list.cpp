#include "recovery/project/build_list.hpp"

#include <algorithm>

#include "recovery/evidence/evidence.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/file.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_modules = 5000;

bool is_within(std::string_view import_path, std::string_view module_path) {
  return import_path.starts_with(module_path) &&
         (import_path.size() == module_path.size() || import_path[module_path.size()] == '/');
}

}  // namespace

BuildList::BuildList(const Settings& settings, const Root& cache,
                     const std::set<ModuleVersion>& roots)
    : settings_(settings), cache_(cache) {
  for (const std::string& file : settings.sum_files) sums_.add(read_text_file(file));
  for (const std::string& file : settings.mod_files) {
    modules_.merge(parse_go_mod(read_text_file(file)).needed);
  }
  for (const auto& [m, h1] : sums_.zip) modules_.insert(m);
  // A line for a go.mod alone: the module graph reads that .mod, nothing else of it.
  for (const auto& [m, h1] : sums_.go_mod) modules_.insert(m);
  held_ = modules_;
  for (const ModuleVersion& m : roots) {
    if (settings.ignores_main_module)
      add_from_cache(m);
    else
      modules_.insert(m);
  }
}

void BuildList::add_from_cache(const ModuleVersion& m) {
  if (modules_.size() >= most_modules || !modules_.insert(m).second) return;
  const auto text = cache_.read(download_file(m, ".mod"), 16 << 20);
  if (!text) return;
  for (const ModuleVersion& needed : parse_go_mod(*text).needed) add_from_cache(needed);
}

void BuildList::refute(const std::string& h1) {
  for (auto* sums : {&sums_.zip, &sums_.go_mod}) {
    for (auto& [module, hashes] : *sums) {
      if (go_asks_sumdb(settings_, module)) hashes.erase(h1);
    }
  }
}

policy::Standing BuildList::standing(const ModuleVersion& m) const {
  if (!requirements_) requirements_.emplace(settings_, cache_, sums_);
  return requirements_->standing(m);
}

Expected BuildList::expected(const ModuleVersion& m) const {
  Expected expected;
  if (is_toolchain(m)) return expected;  // "Downloaded toolchains cannot be listed in go.sum"
  if (const auto found = sums_.zip.find(m); found != sums_.zip.end()) expected.zip = found->second;
  if (const auto found = sums_.go_mod.find(m); found != sums_.go_mod.end()) {
    expected.go_mod = found->second;
  }
  if (!expected.zip.empty() || !expected.go_mod.empty()) expected.by = Expected::By::go_sum;
  return expected;
}

std::vector<ModuleVersion> BuildList::providers(std::string_view import_path) const {
  std::vector<ModuleVersion> found;
  for (const ModuleVersion& m : modules_) {
    if (is_within(import_path, m.path())) found.push_back(m);
  }
  std::ranges::stable_sort(found, std::ranges::greater(),
                           [](const ModuleVersion& m) { return m.path().size(); });
  return found;
}

std::vector<ModuleVersion> BuildList::versions_of(std::string_view module_path) const {
  std::vector<ModuleVersion> found;
  for (const ModuleVersion& m : modules_) {
    if (m.path() == module_path) found.push_back(m);
  }
  return found;
}

}  // namespace recovery

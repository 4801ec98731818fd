#include "recovery/project/requirements.hpp"

#include <algorithm>
#include <charconv>

#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"

namespace recovery {
namespace {

constexpr std::size_t largest_go_mod = 16 << 20;
constexpr std::size_t most_reached = 50000;

std::string directory_above(const std::string& file) {
  return file.substr(0, file.rfind('/'));
}

// "1.17", "1.21rc1": at least 1.17?
bool prunes(const std::string& version) {
  int major = 0, minor = 0;
  const char* end = version.data() + version.size();
  const auto dot = std::from_chars(version.data(), end, major);
  if (dot.ec != std::errc() || dot.ptr == end || *dot.ptr != '.') return major > 1;
  std::from_chars(dot.ptr + 1, end, minor);
  return major > 1 || (major == 1 && minor >= 17);
}

}  // namespace

Requirements::Requirements(const Settings& settings, const Root& cache, const GoSums& sums)
    : cache_(cache), sums_(sums), counts_(!settings.mod_files.empty()) {
  std::vector<std::string> texts;
  for (const std::string& file : settings.mod_files) {
    texts.push_back(read_text_file(file));
    // With -modfile a directory is still relative to the main module's own.
    const bool is_work = !settings.go_work.empty();
    read_main(texts.back(), directory_above(is_work ? file : settings.go_mod), replacements_);
  }
  if (!settings.go_work.empty()) {
    Replacements of_work;
    read_main(read_text_file(settings.go_work), directory_above(settings.go_work), of_work);
    for (auto& [left, right] : of_work) replacements_[left] = std::move(right);
  }
  for (const std::string& text : texts) {
    const File file = read_file(text);
    if (!file.is_go_mod) is_complete_ = false;
    for (const ModuleVersion& m : file.required)
      reach(m, !file.is_pruned, !file.is_pruned || !settings.go_work.empty());
    // Of what the main module requires, the requirements are read in any case.
    for (const ModuleVersion& m : file.required) reach(m, false, true);
  }
}

void Requirements::read_main(const std::string& text, const std::string& base,
                             Replacements& replacements) {
  for (const auto& [name, words] : read_directives(text)) {
    if (name == "module" && !words.empty()) own_.insert(words[0]);
    if (name == "exclude" && words.size() >= 2) {
      if (const auto m = ModuleVersion::parse(words[0], words[1])) excluded_.insert(*m);
    }
    if (name != "replace") continue;
    const auto arrow = static_cast<std::size_t>(std::ranges::find(words, "=>") - words.begin());
    if (arrow == 0 || arrow > 2 || arrow + 1 >= words.size()) continue;
    Replacement right;
    const std::string& target = words[arrow + 1];
    if (arrow + 2 < words.size())
      right.module = ModuleVersion::parse(target, words[arrow + 2]);
    else
      right.directory = target.starts_with("/") ? target : base + "/" + target;
    replacements[{words[0], arrow == 2 ? words[1] : ""}] = std::move(right);
  }
}

Requirements::File Requirements::read_file(std::string_view text) const {
  File file;
  for (const auto& [name, words] : read_directives(text)) {
    if (name == "module") file.is_go_mod = !words.empty();
    if (name == "go" && !words.empty()) file.is_pruned = prunes(words[0]);
    if (name != "require" || words.size() < 2) continue;
    if (const auto m = ModuleVersion::parse(words[0], words[1])) file.required.push_back(*m);
  }
  return file;
}

const Requirements::Replacement* Requirements::replacement(const ModuleVersion& m) const {
  auto found = replacements_.find({m.path(), m.version()});
  if (found == replacements_.end()) found = replacements_.find({m.path(), ""});
  return found == replacements_.end() ? nullptr : &found->second;
}

// Empty where it is missing, or not the one that go.sum means.
std::string Requirements::go_mod_of(const ModuleVersion& m) {
  std::string text = cache_.read(download_file(m, ".mod"), largest_go_mod).value_or("");
  const auto known = sums_.go_mod.find(m);
  if (!text.empty() && known != sums_.go_mod.end() && !known->second.contains(hash_go_mod(text)))
    text.clear();
  return text;
}

// `expands`: its own requirements count; `expands_all`: and theirs, and so on, whatever they say of
// themselves.
void Requirements::reach(const ModuleVersion& m, bool expands_all, bool expands) {
  struct Step {
    ModuleVersion module;
    bool expands_all, expands;
  };
  std::vector<Step> steps{{m, expands_all, expands}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (excluded_.contains(step.module)) continue;
    const Replacement* other = replacement(step.module);
    const ModuleVersion& actual = other != nullptr && other->module ? *other->module : step.module;
    const bool is_directory = other != nullptr && !other->module;
    if (!is_directory) reached_.insert(actual);
    if (!step.expands || own_.contains(step.module.path())) continue;
    if (!expanded_.emplace(step.module, step.expands_all).second) continue;
    if (expanded_.size() > most_reached) return;
    const File file =
        read_file(is_directory ? read_text_file(other->directory + "/go.mod") : go_mod_of(actual));
    if (!file.is_go_mod) {
      is_complete_ = false;
      continue;
    }
    const bool all = step.expands_all || !file.is_pruned;
    for (const ModuleVersion& needed : file.required) steps.push_back({needed, all, all});
  }
}

policy::Standing Requirements::standing(const ModuleVersion& m) const {
  using enum policy::Standing;
  if (!counts_) return ordinary;
  const bool is_reached = reached_.contains(m);
  if (own_.contains(m.path())) return is_reached ? own_older : own;
  if (is_reached) return ordinary;
  if (replacement(m) != nullptr) return replaced;
  if (excluded_.contains(m)) return excluded;
  const bool is_in_go_sum = sums_.zip.contains(m) || sums_.go_mod.contains(m);
  if (!is_in_go_sum) return ordinary;
  const bool is_other_version = std::ranges::any_of(
      reached_, [&](const ModuleVersion& one) { return one.path() == m.path(); });
  if (is_other_version) return stale_version;
  return is_complete_ ? stale : unsettled;
}

}  // namespace recovery

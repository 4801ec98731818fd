#include "shim/commands/prune.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "recovery/project_files.hpp"
#include "recovery/prune.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Pruned;

std::optional<int> days_of(const Chosen& chosen) {
  if (!chosen.has("build-cache")) return std::nullopt;
  const std::string word = chosen.value("build-cache");
  int days = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), days);
  if (error != std::errc() || end != word.data() + word.size() || days < 1 || days > 36500)
    throw Misuse("'" + word + "' is no number of days");
  return days;
}

// Of all projects; throws where one can't be told.
recovery::Needs needs_of_all(const std::vector<std::string>& directories) {
  recovery::Needs all;
  for (const std::string& directory : directories) {
    recovery::Request request = request_here("prune");
    std::error_code error;
    request.dir = std::filesystem::canonical(directory, error).string();
    if (error) throw std::runtime_error(directory + ": " + error.message());
    if (!std::filesystem::is_directory(request.dir))
      throw std::runtime_error(directory + " is no directory");
    recovery::Needs needs = recovery::needs_of(request);
    if (!needs.failure.empty())
      throw std::runtime_error("nothing was removed: what " + directory +
                               " needs can't be told: " + needs.failure);
    if (!all.mod_cache.empty() && all.mod_cache != needs.mod_cache)
      throw std::runtime_error("nothing was removed: these projects have two module caches");
    all.mod_cache = needs.mod_cache;
    all.build_cache = needs.build_cache;
    all.whole.merge(needs.whole);
    all.go_mods.merge(needs.go_mods);
  }
  return all;
}

std::string size_text(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes * 10 >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

std::string text_of(const Pruned& pruned, bool is_rehearsal) {
  std::string text;
  for (const Pruned::Item& item : pruned.removed) {
    if (is_rehearsal)
      text += "would remove " + printable(item.name) +
              (item.stays_in_part ? " but its go.mod" : "") + ", " + size_text(item.bytes) + "\n";
  }
  for (const std::string& left : pruned.left) text += "left: " + printable(left) + "\n";
  return text + (is_rehearsal ? "would free " : "freed ") + size_text(pruned.bytes) + " (" +
         std::to_string(pruned.bytes) + " bytes); " + std::to_string(pruned.removed.size()) +
         (is_rehearsal ? " would go, " : " removed, ") + std::to_string(pruned.kept) +
         " module versions stay\n";
}

std::string json_of(const Pruned& pruned, bool is_rehearsal) {
  nlohmann::ordered_json removed = nlohmann::ordered_json::array();
  for (const Pruned::Item& item : pruned.removed)
    removed.push_back(
        {{"name", item.name}, {"bytes", item.bytes}, {"in_part", item.stays_in_part}});
  const nlohmann::ordered_json object{{"bytes", pruned.bytes},
                                      {"dry_run", is_rehearsal},
                                      {"kept", pruned.kept},
                                      {"removed", removed},
                                      {"left", pruned.left}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

int prune(const Arguments& arguments) {
  const Chosen chosen = parse("prune", arguments, 1000);
  if (chosen.words.empty()) throw Misuse("prune wants the projects' directories, as in '.'");
  const auto days = days_of(chosen);
  const recovery::Needs needs = needs_of_all(chosen.words);
  const auto rehearsal = chosen.has("dry-run") ? recovery::Rehearsal::yes : recovery::Rehearsal::no;
  Pruned pruned;
  if (recovery::exists(needs.mod_cache))
    pruned = recovery::prune(recovery::Root(needs.mod_cache), needs, rehearsal);
  if (days && needs.build_cache.starts_with("/") && recovery::exists(needs.build_cache)) {
    const Pruned::Item item =
        recovery::prune_build_cache(recovery::Root(needs.build_cache), *days, rehearsal);
    pruned.bytes += item.bytes;
    pruned.removed.push_back(item);
  }
  const bool is_rehearsal = rehearsal == recovery::Rehearsal::yes;
  write_all(STDOUT_FILENO,
            chosen.has("json") ? json_of(pruned, is_rehearsal) : text_of(pruned, is_rehearsal));
  return pruned.left.empty() ? 0 : 1;
}

}  // namespace shim

#include "shim/companion/prune.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/upkeep/prune_build_cache.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Json;
using recovery::Pruned;

std::optional<int> days_of(const ParsedArguments& given) {
  if (!given.has("build-cache")) return std::nullopt;
  const std::string word = given.value("build-cache");
  int days = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), days);
  if (error != std::errc() || end != word.data() + word.size() || days < 1 || days > 36500)
    throw UsageError("'" + word + "' is not a number of days");
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
      throw std::runtime_error(directory + " is not a directory");
    recovery::Needs needs = recovery::needs_of(request);
    if (!needs.failure.empty())
      throw std::runtime_error("nothing removed: could not determine what " + directory +
                               " needs: " + needs.failure);
    if (!all.mod_cache.empty() && all.mod_cache != needs.mod_cache)
      throw std::runtime_error("nothing removed: these projects use different module caches");
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
              (item.stays_in_part ? " (not its go.mod)" : "") + ", " + size_text(item.bytes) + "\n";
  }
  for (const std::string& left : pruned.left) text += "not removed: " + printable(left) + "\n";
  return text + (is_rehearsal ? "would free " : "freed ") + size_text(pruned.bytes) + " (" +
         std::to_string(pruned.bytes) + " bytes); " + std::to_string(pruned.removed.size()) +
         (is_rehearsal ? " to remove, " : " removed, ") + std::to_string(pruned.kept) +
         " module versions kept\n";
}

std::string json_of(const Pruned& pruned, bool is_rehearsal) {
  Json removed = Json::array();
  for (const Pruned::Item& item : pruned.removed)
    removed.push_back(
        {{"name", item.name}, {"bytes", item.bytes}, {"in_part", item.stays_in_part}});
  return Json{{"bytes", pruned.bytes},
              {"dry_run", is_rehearsal},
              {"kept", pruned.kept},
              {"removed", removed},
              {"left", pruned.left}}
      .pretty();
}

}  // namespace

static int prune(const Call& call) {
  const ParsedArguments& given = call.given;
  if (given.positionals.empty())
    throw UsageError("missing argument: the directories of the projects, such as '.'");
  const auto days = days_of(given);
  const recovery::Needs needs = needs_of_all(given.positionals);
  const auto rehearsal = given.has("dry-run") ? recovery::Rehearsal::yes : recovery::Rehearsal::no;
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
  write_out(given.has("json") ? json_of(pruned, is_rehearsal) : text_of(pruned, is_rehearsal));
  return pruned.left.empty() ? 0 : 1;
}

const CommandRow& prune_row() {
  static const CommandRow row{
      .name = "prune",
      .summary = "remove from the module cache what these projects do not need",
      .arguments = "DIR…",
      .about =
          "For CI, before the cache is saved. Keeps all that go build, vet and test need offline "
          "in the module or workspace of each DIR, on every platform, and the go.mod files of its "
          "module graph and go.sum. Everything else is removed for good, not quarantined: other "
          "versions, clones, toolchains. go itself lists what is needed; if it can't, nothing is "
          "removed. Run no other go command at the same time: locked files are skipped, but a "
          "build that reads an extracted directory holds no lock.",
      .options = {{"dry-run", "", "show what would be removed, remove nothing"},
                  {"build-cache", "DAYS",
                   "also remove build cache entries that were not used for so many days"},
                  json_option},
      .examples = {{"gomend prune --build-cache 7 .", "at the end of a job"}},
      .status =
          "0 done, 1 something was not removed because it is in use, 2 could not determine what "
          "is needed; nothing was removed",
      .json =
          {{"bytes", "how much was freed; with --dry-run, would be"},
           {"dry_run", "true if nothing was removed"},
           {"kept", "module versions that were kept whole"},
           {"removed",
            "list of objects: name (a module version, a clone, the build cache), bytes, in_part "
            "(its .mod and .info stay)"},
           {"left", "list: what could not be removed, and why"}},
      .run = prune,
      .most_positionals = 1000};
  return row;
}

}  // namespace shim

#include "shim/companion/restore.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>

#include "recovery/repair/quarantine.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/state/journal.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

int fail(const std::string& words) {
  write_all(STDERR_FILENO, "gomend: " + printable(words) + "; see: gomend history\n");
  return 1;
}

// What was in GOCACHE go has made anew long since.
bool has_something_to_restore(const recovery::JournalEntry& entry) {
  return !entry.quarantine.empty() &&
         std::ranges::any_of(entry.replaced,
                             [](const std::string& rel) { return !rel.starts_with("gocache/"); });
}

}  // namespace

static int restore(const Call& call) {
  const std::vector<std::string>& ids = call.given.positionals;
  const recovery::Journal journal = recovery::open_journal(env_of(environ));
  if (!journal.failure.empty())
    throw UsageError("can't read " + journal.path + ": " + journal.failure);
  const auto& entries = journal.entries;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const bool is_wanted = ids.empty() || entry->quarantine == ids[0];
    if (!is_wanted || !has_something_to_restore(*entry)) continue;
    try {
      const recovery::Root cache(entry->cache);
      const auto env = env_of(environ);
      const recovery::Keep keep = recovery::keep_for(recovery::read_config(env, "").keep, env,
                                                     recovery::lies_in_image_layer(entry->cache));
      const recovery::Restored restored = recovery::restore(cache, entry->quarantine, keep);
      for (const std::string& rel : restored.files)
        write_out(printable(cache.absolute(rel)) + "\n");
      for (const std::string& rel : restored.left)
        say(rel + ": not restored (not in quarantine when the repair ended)");
      return 0;
    } catch (const std::exception& error) {
      return fail(error.what());
    }
  }
  return fail(ids.empty() ? "no repair in the journal"
                          : "no repair '" + ids[0] + "' in the journal");
}

const CommandRow& restore_row() {
  static const CommandRow row{
      .name = "restore",
      .summary = "put back what a repair replaced",
      .arguments = "[ID]",
      .about =
          "Without an ID (gomend history shows them) the newest repair's. What is there now is "
          "kept in turn.",
      .options = {},
      .examples = {},
      .status = "",
      .json = {},
      .run = restore,
      .most_positionals = 1};
  return row;
}

}  // namespace shim

#include "shim/commands/restore.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>

#include "recovery/config.hpp"
#include "recovery/journal.hpp"
#include "recovery/quarantine.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

int fail(const std::string& words) {
  write_all(STDERR_FILENO, "gomend: " + printable(words) + "; next: gomend history\n");
  return 1;
}

// What was in GOCACHE go has made anew long since.
bool has_something_to_restore(const recovery::JournalEntry& entry) {
  return !entry.quarantine.empty() &&
         std::ranges::any_of(entry.replaced,
                             [](const std::string& rel) { return !rel.starts_with("gocache/"); });
}

}  // namespace

int restore(const std::vector<std::string>& arguments) {
  const std::vector<std::string> ids = parse("restore", arguments, 1).words;
  const recovery::Journal journal = recovery::open_journal(env_of(environ));
  if (!journal.failure.empty()) throw Misuse("can't read " + journal.path + ": " + journal.failure);
  const auto& entries = journal.entries;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const bool is_wanted = ids.empty() || entry->quarantine == ids[0];
    if (!is_wanted || !has_something_to_restore(*entry)) continue;
    try {
      const recovery::Root cache(entry->cache);
      const auto env = env_of(environ);
      const recovery::Keep keep = recovery::keep_for(recovery::read_config(env, "").keep, env,
                                                     recovery::lies_in_image_layer(entry->cache));
      for (const std::string& rel : recovery::restore(cache, entry->quarantine, keep)) {
        write_all(STDOUT_FILENO, printable(cache.absolute(rel)) + "\n");
      }
      return 0;
    } catch (const std::exception& error) {
      return fail(error.what());
    }
  }
  return fail(ids.empty() ? "no repair is in the journal"
                          : "no repair '" + ids[0] + "' is in the journal");
}

}  // namespace shim

#include "shim/companion/frame/journal_view.hpp"

#include <unistd.h>

#include <charconv>
#include <ctime>
#include <regex>

#include "recovery/os/text.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

std::string utc(std::time_t time) {
  std::tm parts = {};
  gmtime_r(&time, &parts);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// As times are written in the journal, so that they compare as text.
std::string beginning(const std::string& since) {
  if (since.empty()) return {};
  static const std::regex time(R"(\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?)");
  if (std::regex_match(since, time)) return since;
  long long count = 0;
  const char* const end = since.data() + since.size() - 1;
  const auto [rest, error] = std::from_chars(since.data(), end, count);
  const std::size_t unit = std::string_view("mhdw").find(since.back());
  if (error != std::errc() || rest != end || unit == std::string_view::npos || count < 0 ||
      count > 1'000'000)
    throw UsageError("--since takes 90m, 24h, 7d, 2w, or a day as 2026-01-31, not '" + since + "'");
  constexpr long long seconds[] = {60, 3600, 86400, 7 * 86400};
  return utc(time_t(::time(nullptr) - count * seconds[unit]));
}

}  // namespace

Past read_past(const std::string& since) {
  const std::string begin = beginning(since);
  recovery::Journal journal = recovery::open_journal(env_of(environ));
  if (!journal.failure.empty())
    throw UsageError("can't read " + journal.path + ": " + journal.failure);
  Past past;
  for (recovery::JournalEntry& entry : journal.entries) {
    // Of older gomends: only `verify --repair` has left out the class.
    if (entry.class_id.empty()) entry.class_id = "verify";
    if (entry.module.empty()) entry.module = "the module cache";
    if (entry.time >= begin) past.entries.push_back(std::move(entry));
  }
  if (journal.broken_lines != 0)
    past.complaint = std::to_string(journal.broken_lines) +
                     (journal.broken_lines == 1 ? " line of " : " lines of ") + journal.path +
                     (journal.broken_lines == 1 ? " is" : " are") +
                     " not journal entries; see: less " + recovery::quoted(journal.path);
  return past;
}

int end_of(const Past& past, std::string_view command) {
  if (past.complaint.empty()) return 0;
  write_all(STDERR_FILENO,
            "gomend: " + std::string(command) + ": " + printable(past.complaint) + "\n");
  return 2;
}

}  // namespace shim

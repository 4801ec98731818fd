#include "shim/commands/stats.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "recovery/config.hpp"
#include "recovery/sources.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/paint.hpp"
#include "shim/commands/past.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"

namespace shim {
namespace {

using recovery::JournalEntry;

// class id and source -> repairs
using Counts = std::map<std::pair<std::string, std::string>, long long>;

struct Stats {
  Counts counts;
  long long total = 0;
  std::string first, last;  // times
};

// Only what can be a class's name: a journal is a file like any other.
std::string class_of(const JournalEntry& entry) {
  const bool is_id = !entry.class_id.empty() && entry.class_id.size() < 40 &&
                     entry.class_id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-/") ==
                         std::string::npos;
  return is_id ? entry.class_id : "unknown";
}

std::string source_of(const JournalEntry& entry, const std::vector<std::string>& open_hosts) {
  if (!entry.source.empty())
    return std::ranges::find(open_hosts, entry.source) != open_hosts.end() ? entry.source
                                                                           : "another source";
  if (entry.done.starts_with("restored") || entry.done.starts_with("permissions"))
    return "the cache";
  if (entry.done.starts_with("replaced") || entry.done.starts_with("fetched"))
    return "the first source";
  if (entry.done.starts_with("had in a second try")) return "a second try";
  return "none";
}

Stats count(const Past& past) {
  std::vector<std::string> open_hosts;
  for (const std::string& proxy : recovery::read_config(env_of(environ), "").public_proxies)
    open_hosts.push_back(recovery::source_name(proxy));
  Stats stats;
  for (const JournalEntry& entry : past.entries) {
    ++stats.counts[{class_of(entry), source_of(entry, open_hosts)}];
    ++stats.total;
    if (stats.first.empty()) stats.first = entry.time;
    stats.last = entry.time;
  }
  return stats;
}

std::map<std::string, long long> sums(const Stats& stats, bool by_class) {
  std::map<std::string, long long> all;
  for (const auto& [key, n] : stats.counts) all[by_class ? key.first : key.second] += n;
  return all;
}

std::string table(const std::map<std::string, long long>& counts, const Paint& paint) {
  std::size_t width = 0;
  long long most = 1;
  for (const auto& [name, n] : counts) {
    width = std::max(width, name.size());
    most = std::max(most, n);
  }
  std::string text;
  for (const auto& [name, n] : counts) {
    std::string left = "  " + name;
    left.resize(width + 4, ' ');
    const std::string number = std::to_string(n);
    const std::string bar =
        paint.bar(static_cast<double>(n) / static_cast<double>(most), paint.width() / 3);
    text += left + std::string(number.size() < 6 ? 6 - number.size() : 0, ' ') + number +
            (bar.empty() ? "" : "  " + bar) + "\n";
  }
  return text;
}

std::string text_of(const Stats& stats, const Paint& paint) {
  if (stats.total == 0) return "no repairs\n";
  return std::to_string(stats.total) + (stats.total == 1 ? " repair" : " repairs") + " from " +
         stats.first + " to " + stats.last + "\nby class\n" + table(sums(stats, true), paint) +
         "by source of the good copy\n" + table(sums(stats, false), paint);
}

std::string json_of(const Stats& stats) {
  const nlohmann::ordered_json object{{"repairs", stats.total},
                                      {"first", stats.first},
                                      {"last", stats.last},
                                      {"by_class", sums(stats, true)},
                                      {"by_source", sums(stats, false)}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string escaped(const std::string& label) {
  std::string text;
  for (const char c : label)
    text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return text;
}

// https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
std::string metrics_of(const Stats& stats) {
  std::string text =
      "# TYPE gomend_repairs counter\n"
      "# HELP gomend_repairs What gomend has repaired, by class of failure and source of the good "
      "copy.\n";
  for (const auto& [key, n] : stats.counts)
    text += "gomend_repairs_total{class=\"" + escaped(key.first) + "\",source=\"" +
            escaped(key.second) + "\"} " + std::to_string(n) + "\n";
  return text +
         "# TYPE gomend_build info\n# HELP gomend_build The version of gomend.\n"
         "gomend_build_info{version=\"" GOMEND_VERSION "\"} 1\n# EOF\n";
}

}  // namespace

int stats(const Arguments& arguments) {
  const Chosen chosen = parse("stats", arguments, 0);
  const Past past = read_past(chosen.value("since"));
  const Stats all = count(past);
  std::string text;
  if (chosen.has("openmetrics"))
    text = metrics_of(all);
  else if (chosen.has("json"))
    text = json_of(all);
  else
    text = text_of(all, Paint(STDOUT_FILENO));
  write_all(STDOUT_FILENO, text);
  return end_of(past, "stats");
}

}  // namespace shim

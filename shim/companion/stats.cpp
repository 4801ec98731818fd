#include "shim/companion/stats.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "recovery/os/json.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/settings/config.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/journal_view.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::JournalEntry;
using recovery::Json;
using recovery::RepairAction;

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
  if (recovery::is_from_cache(entry.action)) return "cache";
  if (entry.action == RepairAction::downloaded) return "first source";
  if (entry.action == RepairAction::retried) return "retry";
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
         printable(stats.first) + " to " + printable(stats.last) + "\nby class\n" +
         table(sums(stats, true), paint) + "by source of the good copy\n" +
         table(sums(stats, false), paint);
}

Json json_of(const std::map<std::string, long long>& counts) {
  Json object = Json::object();
  for (const auto& [name, n] : counts) object.set(name, n);
  return object;
}

std::string json_of(const Stats& stats) {
  return Json{{"repairs", stats.total},
              {"first", stats.first},
              {"last", stats.last},
              {"by_class", json_of(sums(stats, true))},
              {"by_source", json_of(sums(stats, false))}}
      .pretty();
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

static int stats(const Call& call) {
  const ParsedArguments& given = call.given;
  const Past past = read_past(given.value("since"));
  const Stats all = count(past);
  std::string text;
  if (given.has("openmetrics"))
    text = metrics_of(all);
  else if (given.has("json"))
    text = json_of(all);
  else
    text = text_of(all, Paint(STDOUT_FILENO));
  write_out(text);
  return end_of(past, "stats");
}

const CommandRow& stats_row() {
  static const CommandRow row{
      .name = "stats",
      .summary = "count repairs by class and by source of the good copy",
      .arguments = "",
      .about =
          "Safe to share: it holds no module, path or host of yours. A source is named only if "
          "GOMEND_PUBLIC lists it.",
      .options = {since_option, {"openmetrics", "", "in the OpenMetrics text format"}, json_option},
      .examples = {{"gomend stats --openmetrics >/var/lib/node_exporter/gomend.prom",
                    "for a metrics collector"}},
      .status = "0 done, 2 the journal can't be read, or not all of it",
      .json = {{"repairs", "how many"},
               {"first", "time of the first of them"},
               {"last", "time of the last"},
               {"by_class", "object: class -> repairs"},
               {"by_source", "object: where the good copy came from -> repairs"}},
      .run = stats};
  return row;
}

}  // namespace shim

#include "shim/companion/cache_key.hpp"

#include "recovery/upkeep/cache_key.hpp"

#include <unistd.h>

#include <ctime>

#include "recovery/os/json.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"

namespace shim {
namespace {

using recovery::Json;

recovery::Period period_of(const std::string& word) {
  using recovery::Period;
  if (word.empty()) return Period::none;
  if (word == "day") return Period::day;
  if (word == "week") return Period::week;
  if (word == "month") return Period::month;
  throw UsageError("'" + word + "' is no period: day, week or month");
}

}  // namespace

static int cache_key(const Call& call) {
  const ParsedArguments& given = call.given;
  const std::string period =
      recovery::period_name(period_of(given.value("period")), std::time(nullptr));
  const recovery::CacheKey made = recovery::cache_key(request_here("cache-key"), period);
  if (!given.has("json")) {
    write_out((given.has("restore") ? made.restore : made.key) + "\n");
    return 0;
  }
  Json parts = Json::object();
  for (const auto& [name, value] : made.parts) parts.set(name, value);
  const Json object{
      {"key", made.key}, {"restore", made.restore}, {"period", period}, {"parts", parts}};
  write_out(object.pretty());
  return 0;
}

const CommandRow& cache_key_row() {
  static const CommandRow row{
      .name = "cache-key",
      .summary = "print a key for a CI cache of go's caches",
      .arguments = "",
      .about =
          "One line that changes when what go would cache changes (toolchain, platform, build "
          "settings, with cgo the C compilers, the build list), and with nothing else: not with "
          "comments, order, sources or paths. Nothing is downloaded for it.",
      .options = {{"restore", "",
                   "the beginning of the key: to restore from when there is no cache for the "
                   "key itself"},
                  {"period", "day|week|month",
                   "a new key in each, so that caches do not grow for ever"},
                  json_option},
      .examples = {{"gomend cache-key --period month", "in a job, before its caches are restored"}},
      .status = "0 done, 2 no module or workspace here, or it can't be read",
      .json = {{"key", "the key"},
               {"restore", "its beginning, the same for all build lists"},
               {"period", "as in 2026W48; empty without --period"},
               {"parts", "object: all that the key is made from"}},
      .run = cache_key};
  return row;
}

}  // namespace shim

#include "shim/commands/cache_key.hpp"

#include "recovery/cache_key.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"

namespace shim {
namespace {

recovery::Period period_of(const std::string& word) {
  using recovery::Period;
  if (word.empty()) return Period::none;
  if (word == "day") return Period::day;
  if (word == "week") return Period::week;
  if (word == "month") return Period::month;
  throw Misuse("'" + word + "' is no period: day, week or month");
}

}  // namespace

int cache_key(const Arguments& arguments) {
  const Chosen chosen = parse("cache-key", arguments, 0);
  const std::string period =
      recovery::period_name(period_of(chosen.value("period")), std::time(nullptr));
  const recovery::CacheKey made = recovery::cache_key(request_here("cache-key"), period);
  if (!chosen.has("json")) {
    write_all(STDOUT_FILENO, (chosen.has("restore") ? made.restore : made.key) + "\n");
    return 0;
  }
  nlohmann::ordered_json parts = nlohmann::ordered_json::object();
  for (const auto& [name, value] : made.parts) parts[name] = value;
  const nlohmann::ordered_json object{
      {"key", made.key}, {"restore", made.restore}, {"period", period}, {"parts", parts}};
  write_all(STDOUT_FILENO,
            object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  return 0;
}

}  // namespace shim

#pragma once
// What a failure mostly needs. The disk decides what is done in the end.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patterns {

enum class Remedy {
  none,            // not ours
  advise,          // only a person can do it
  retry,           // the same once more
  proxy_fallback,  // another source
  redownload,      // what never arrived whole
  evict,           // what lies in a cache, by a good copy
};

std::string_view name_of(Remedy remedy);  // as rule files and JSON have it: "proxy-fallback"
std::optional<Remedy> remedy_named(std::string_view name);
std::vector<std::string> names_of(const std::vector<Remedy>& remedies);

bool is_repair(Remedy remedy);

}  // namespace patterns

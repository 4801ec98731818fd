#include "recovery/upkeep/prune_build_cache.hpp"

#include <ctime>

namespace recovery {

Pruned::Item prune_build_cache(const Root& build_cache, int days, Rehearsal rehearsal) {
  Pruned::Item item{"the build cache"};
  // go marks what it uses once an hour only.
  const std::time_t oldest = std::time(nullptr) - (days * 24LL + 1) * 3600;
  for (const std::string& bucket : build_cache.list("").value_or(std::vector<std::string>{})) {
    if (bucket.size() != 2 || bucket.find_first_not_of("0123456789abcdef") != bucket.npos) continue;
    for (const std::string& name : build_cache.list(bucket).value_or(std::vector<std::string>{})) {
      if (!name.ends_with("-a") && !name.ends_with("-d")) continue;
      const std::string rel = bucket + "/" + name;
      const Stat st = build_cache.stat(rel);
      if (st.kind == Kind::absent || st.kind == Kind::denied || st.st.st_mtime >= oldest) continue;
      if (st.kind == Kind::regular) item.bytes += static_cast<std::uint64_t>(st.size());
      if (rehearsal == Rehearsal::no) build_cache.remove_tree(rel);
    }
  }
  return item;
}

}  // namespace recovery

#pragma once
// How much of what repairs replace is kept, and for how long: the user's choice, or what suits the
// place. In CI nothing is: the machine is gone with the job, and what its cache step archives would
// grow. Nor in a layer of an image (the module cache on overlayfs): there it would stay for ever.
//
// Example: keep = false   keep_days = 30   keep_mib = 4096   (GOMEND_KEEP=off GOMEND_KEEP_DAYS=30
// …)

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recovery {

struct Keep {
  bool at_all = true;
  int days = 14;
  std::uint64_t bytes = 1ULL << 30;  // of all that is kept in one cache; the newest stays anyway
};

// What the settings say; what they don't say is decided for a cache.
struct KeepSetting {
  std::optional<bool> at_all;
  std::optional<int> days;
  std::optional<std::uint64_t> mib;
};

// The environment's GOMEND_KEEP… over what the files say. What is no number, or no on or off, does
// not count.
KeepSetting keep_setting(KeepSetting from_files, const std::vector<std::string>& env);

// `is_layer`: the cache lies in a layer of an image.
Keep keep_for(const KeepSetting& setting, const std::vector<std::string>& env, bool is_layer);

// The variable CI, as the services set it: "true" mostly, "1" here and there.
bool is_ci(const std::vector<std::string>& env);

bool lies_in_image_layer(const std::string& directory);

}  // namespace recovery

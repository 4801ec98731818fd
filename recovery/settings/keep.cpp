#include "recovery/settings/keep.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <charconv>

#include "recovery/os/env.hpp"
#include "recovery/settings/own_settings.hpp"

namespace recovery {
namespace {

constexpr std::uint64_t most_days = 36500, most_mib = 1 << 30;

std::optional<std::uint64_t> number(const std::string& text, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || text.empty() || value > most) return std::nullopt;
  return value;
}

}  // namespace

bool is_ci(const std::vector<std::string>& env) {
  const std::string ci = env_value(env, "CI");
  return !ci.empty() && ci != "false" && ci != "0";
}

KeepSetting keep_setting(KeepSetting setting, const std::vector<std::string>& env) {
  const std::string at_all = env_value(env, "GOMEND_KEEP");
  if (!at_all.empty()) {
    if (const auto is_on = switch_of(at_all)) setting.at_all = is_on;
  }
  if (const auto days = number(env_value(env, "GOMEND_KEEP_DAYS"), most_days))
    setting.days = static_cast<int>(*days);
  if (const auto mib = number(env_value(env, "GOMEND_KEEP_MIB"), most_mib)) setting.mib = *mib;
  return setting;
}

Keep keep_for(const KeepSetting& setting, const std::vector<std::string>& env, bool is_layer) {
  Keep keep;
  keep.at_all = setting.at_all.value_or(!is_ci(env) && !is_layer);
  keep.days = setting.days.value_or(keep.days);
  if (setting.mib) keep.bytes = *setting.mib << 20;
  return keep;
}

bool lies_in_image_layer(const std::string& directory) {
  struct statfs fs;
  return ::statfs(directory.c_str(), &fs) == 0 &&
         static_cast<unsigned long>(fs.f_type) == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace recovery

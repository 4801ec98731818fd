#include "recovery/config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>

#include "recovery/go_mod.hpp"
#include "recovery/layout.hpp"
#include "recovery/recover.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"

namespace recovery {
namespace {

bool is_trusted(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  if ((st.st_uid == 0 || st.st_uid == ::geteuid()) && (st.st_mode & 022) == 0) return true;
  trace("config: " + path + " can be written by others; not read");
  return false;
}

void take(const toml::table& table, const char* name, std::vector<std::string>& into) {
  const toml::array* values = table[name].as_array();
  if (values == nullptr) return;
  into.clear();
  for (const auto& value : *values) {
    if (const auto text = value.value<std::string>()) into.push_back(*text);
  }
}

void take_keep(const toml::table& table, KeepSetting& into) {
  if (const auto at_all = table["keep"].value<bool>()) into.at_all = *at_all;
  const auto days = table["keep_days"].value<std::int64_t>();
  if (days && *days >= 0 && *days <= 36500) into.days = static_cast<int>(*days);
  const auto mib = table["keep_mib"].value<std::int64_t>();
  if (mib && *mib >= 0 && *mib <= 1 << 30) into.mib = static_cast<std::uint64_t>(*mib);
}

// Behind all links; empty: there is nothing.
std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  const std::string real = resolved == nullptr ? "" : resolved;
  std::free(resolved);
  return real;
}

void read_file(const std::string& path, const std::string& main_module_dir, Config& config) {
  const std::string real = real_path(path), main_module = real_path(main_module_dir);
  if (real.empty() || !is_trusted(real)) return;
  if (!main_module.empty() && real.starts_with(main_module + "/")) {
    trace("config: " + path + " lies in the main module; not read");
    return;
  }
  try {
    const toml::table table = toml::parse(read_text_file(real));
    take(table, "public", config.public_proxies);
    take(table, "fallback", config.fallback);
    take_keep(table, config.keep);
  } catch (const toml::parse_error& error) {
    trace("config: " + path + ": " + std::string(error.description()));
  }
}

}  // namespace

Config read_config(const std::vector<std::string>& env, const std::string& main_module_dir) {
  Config config;
  read_file("/etc/gomend/config.toml", main_module_dir, config);
  std::string home = env_value(env, "XDG_CONFIG_HOME");
  if (home.empty()) home = env_value(env, "HOME") + "/.config";
  if (home.starts_with("/")) read_file(home + "/gomend/config.toml", main_module_dir, config);
  if (const std::string value = env_value(env, "GOMEND_PUBLIC"); !value.empty()) {
    config.public_proxies = proxy_entries(value);
  }
  if (const std::string value = env_value(env, "GOMEND_FALLBACK"); !value.empty()) {
    config.fallback = proxy_entries(value);
  }
  config.keep = keep_setting(config.keep, env);
  return config;
}

}  // namespace recovery

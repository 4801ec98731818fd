#include "recovery/config.hpp"

// As in patterns/rule_file.cpp: its inline functions are one. It asserts ("[[*" is one), and in a
// release takes for granted, what holds for no text that a user may write; the checks behind that
// are what gives him an error.
#undef NDEBUG
#define TOML_ASSERT(holds) static_cast<void>(0)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "recovery/go_mod.hpp"
#include "recovery/layout.hpp"
#include "recovery/recover.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"
#include "recovery/trusted_file.hpp"

namespace recovery {
namespace {

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

void read_file(const std::string& path, const std::string& main_module_dir, Config& config) {
  std::string why;
  const auto real = trusted_path(path, main_module_dir, why);
  if (!why.empty()) trace("config: " + path + " is not read: " + why);
  if (!real) return;
  try {
    const toml::table table = toml::parse(read_text_file(*real));
    take(table, "public", config.public_proxies);
    take(table, "fallback", config.fallback);
    if (const auto url = table["sumdb"].value<std::string>()) config.sumdb = *url;
    take_keep(table, config.keep);
  } catch (const toml::parse_error& error) {
    trace("config: " + path + ": " + std::string(error.description()));
  }
}

}  // namespace

Config read_config(const std::vector<std::string>& env, const std::string& main_module_dir) {
  Config config;
  read_file("/etc/gomend/config.toml", main_module_dir, config);
  if (const std::string dir = user_config_dir(env); !dir.empty())
    read_file(dir + "/config.toml", main_module_dir, config);
  if (const std::string value = env_value(env, "GOMEND_PUBLIC"); !value.empty()) {
    config.public_proxies = proxy_entries(value);
  }
  if (const std::string value = env_value(env, "GOMEND_FALLBACK"); !value.empty()) {
    config.fallback = proxy_entries(value);
  }
  if (const std::string value = env_value(env, "GOMEND_SUMDB"); !value.empty()) {
    config.sumdb = value;
  }
  config.keep = keep_setting(config.keep, env);
  return config;
}

}  // namespace recovery

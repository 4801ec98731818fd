#include "recovery/settings/config.hpp"

// As in patterns/rule_file.cpp: its inline functions are one. It asserts ("[[*" is one), and in a
// release takes for granted, what holds for no text that a user may write; the checks behind that
// are what gives him an error.
#undef NDEBUG
#define TOML_ASSERT(holds) static_cast<void>(0)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "recovery/go/layout.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/os/trusted_file.hpp"
#include "recovery/settings/goproxy.hpp"
#include "recovery/settings/own_settings.hpp"

namespace recovery {
namespace {

// One file's keys. What is not as it should be is told with its place, and does not count.
class File {
 public:
  File(std::string path, Config& config) : path_(std::move(path)), config_(config) {}

  void take(const toml::table& table) {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      if (name == "public") {
        take_list(name, value, config_.public_proxies);
      } else if (name == "fallback") {
        take_list(name, value, config_.fallback);
      } else if (name == "sumdb") {
        const auto url = value.value_exact<std::string>();
        if (url)
          config_.sumdb = *url;
        else
          complain(value, name + " must be a string");
      } else if (name == "keep") {
        const auto at_all = value.value_exact<bool>();
        if (at_all)
          config_.keep.at_all = *at_all;
        else
          complain(value, name + " must be true or false");
      } else if (name == "keep_days") {
        if (const auto days = number(name, value, 36500))
          config_.keep.days = static_cast<int>(*days);
      } else if (name == "keep_mib") {
        if (const auto mib = number(name, value, 1 << 30))
          config_.keep.mib = static_cast<std::uint64_t>(*mib);
      } else {
        complain(value, "unknown key " + name);
      }
    }
  }

  void leave_out(const std::string& where, const std::string& why) {
    config_.complaints.push_back(where + ": " + why + "; the file is ignored");
  }

 private:
  void complain(const toml::node& value, const std::string& why) {
    config_.complaints.push_back(path_ + ":" + std::to_string(value.source().begin.line) + ": " +
                                 why);
  }

  void take_list(const std::string& name, const toml::node& value, std::vector<std::string>& into) {
    const toml::array* values = value.as_array();
    if (values == nullptr) return complain(value, name + " must be a list of strings");
    std::vector<std::string> list;
    for (const auto& one : *values) {
      const auto text = one.value_exact<std::string>();
      if (!text) return complain(one, name + " must be a list of strings");
      list.push_back(*text);
    }
    into = std::move(list);
  }

  std::optional<std::int64_t> number(const std::string& name, const toml::node& value,
                                     std::int64_t most) {
    const auto number = value.value_exact<std::int64_t>();
    if (number && *number >= 0 && *number <= most) return number;
    complain(value, name + " must be a number from 0 to " + std::to_string(most));
    return std::nullopt;
  }

  std::string path_;
  Config& config_;
};

void read_file(const std::string& path, const std::string& main_module_dir, Config& config) {
  std::string why;
  const auto real = trusted_path(path, main_module_dir, why);
  File file(path, config);
  if (!why.empty()) file.leave_out(path, why);
  if (!real) return;
  try {
    file.take(toml::parse(read_text_file(*real)));
  } catch (const toml::parse_error& error) {
    file.leave_out(path + ":" + std::to_string(error.source().begin.line),
                   std::string(error.description()));
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
  for (const std::string& one : complaints_about(env)) config.complaints.push_back(one);
  for (const std::string& one : config.complaints) trace("config: " + one);
  return config;
}

}  // namespace recovery

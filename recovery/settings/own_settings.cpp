#include "recovery/settings/own_settings.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace recovery {
namespace {

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <std::size_t N>
bool is_one_of(std::string_view value, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_same(value, word); });
}

constexpr std::array<std::string_view, 4> yes{"1", "true", "yes", "on"};
constexpr std::array<std::string_view, 5> no{"0", "false", "no", "off", ""};

std::optional<long> number_in(std::string_view value, long least, long most) {
  long number = 0;
  const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_fine = error == std::errc() && rest == value.data() + value.size() &&
                       number >= least && number <= most;
  return is_fine ? std::optional(number) : std::nullopt;
}

bool is_number(std::string_view value, long least, long most) {
  return number_in(value, least, most).has_value();
}

bool is_url(std::string_view value) {
  return value.starts_with("https://") || value.starts_with("http://") ||
         value.starts_with("file://");
}

// As GOPROXY has them.
bool are_sources(std::string_view value) {
  while (!value.empty()) {
    const std::string_view entry = value.substr(0, value.find_first_of(",|"));
    value.remove_prefix(std::min(value.size(), entry.size() + 1));
    if (!entry.empty() && !is_url(entry) && entry != "direct" && entry != "off") return false;
  }
  return true;
}

// What is wrong with its value; "" for nothing. Where names of sources are, they are not repeated:
// a password may be in them.
struct Known {
  std::string_view name;
  const char* (*why)(std::string_view value);
  bool shows_value = true;
};
const char* nothing(std::string_view) {
  return "";
}
const char* not_a_switch(std::string_view value) {
  return switch_of(value) ? "" : "not on or off; ignored";
}
const char* not_sources(std::string_view value) {
  return are_sources(value) ? "" : "not a list of URLs";
}

constexpr std::array known{
    Known{"GOMEND",
          [](std::string_view value) {
            return mode_of(value) ? "" : "not on, advise or off; read as on";
          }},
    Known{"GOMEND_QUIET", not_a_switch},
    Known{"GOMEND_TRACE", nothing},
    Known{"GOMEND_REAL_GO", nothing},  // whoever looks for it tells
    Known{"GOMEND_PUBLIC", not_sources, false},
    Known{"GOMEND_FALLBACK", not_sources, false},
    Known{"GOMEND_SUMDB",
          [](std::string_view value) { return value.empty() || is_url(value) ? "" : "not a URL"; },
          false},
    Known{"GOMEND_STALL",
          [](std::string_view value) {
            const bool is_fine = value.empty() || is_number(value, 0, 86400);
            return is_fine ? "" : "not a number of seconds up to 86400; ignored";
          }},
    Known{"GOMEND_PATIENCE",
          [](std::string_view value) {
            const bool is_fine = value.empty() || patience_in(value);
            return is_fine ? "" : "not a number of seconds up to 86400; ignored";
          }},
    Known{"GOMEND_KEEP", not_a_switch},
    Known{"GOMEND_KEEP_DAYS",
          [](std::string_view value) {
            const bool is_fine = value.empty() || is_number(value, 0, 36500);
            return is_fine ? "" : "not a number of days up to 36500; ignored";
          }},
    Known{"GOMEND_KEEP_MIB",
          [](std::string_view value) {
            const bool is_fine = value.empty() || is_number(value, 0, 1 << 30);
            return is_fine ? "" : "not a number of MiB; ignored";
          }},
    // Of gomend's own making, or of its installer's.
    Known{"GOMEND_VIA", nothing},
    Known{"GOMEND_VERSION", nothing},
    Known{"GOMEND_ISOLATED", nothing},
    Known{"GOMEND_OUTER_GOMODCACHE", nothing},
    Known{"GOMEND_OUTER_GOCACHE", nothing},
    Known{"GOMEND_OUTER_GOPROXY", nothing},
};

}  // namespace

std::optional<Mode> mode_of(std::string_view value) {
  if (value.empty() || is_one_of(value, yes)) return Mode::on;
  if (is_one_of(value, no)) return Mode::off;
  if (is_same(value, "advise")) return Mode::advise;
  return std::nullopt;
}

std::optional<bool> switch_of(std::string_view value) {
  if (is_one_of(value, yes)) return true;
  if (is_one_of(value, no)) return false;
  return std::nullopt;
}

std::optional<int> patience_in(std::string_view value) {
  const auto seconds = number_in(value, 0, 86400);
  return seconds ? std::optional(static_cast<int>(*seconds)) : std::nullopt;
}

std::vector<std::string> complaints_about(const std::vector<std::string>& env) {
  std::vector<std::string> all;
  for (const std::string& entry : env) {
    const std::string name = entry.substr(0, entry.find('='));
    if (name != "GOMEND" && !name.starts_with("GOMEND_")) continue;
    const std::string value = entry.substr(std::min(entry.size(), name.size() + 1));
    const auto* const one =
        std::ranges::find_if(known, [&](const Known& row) { return row.name == name; });
    if (one == known.end()) {
      all.push_back(name + ": not a variable of gomend's");
      continue;
    }
    if (const std::string why = one->why(value); !why.empty())
      all.push_back((one->shows_value ? entry : name) + ": " + why);
  }
  return all;
}

}  // namespace recovery

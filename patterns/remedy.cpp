#include "patterns/remedy.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace patterns {
namespace {

constexpr std::array<std::pair<Remedy, std::string_view>, 6> names{
    {{Remedy::none, "none"},
     {Remedy::advise, "advise"},
     {Remedy::retry, "retry"},
     {Remedy::proxy_fallback, "proxy-fallback"},
     {Remedy::redownload, "redownload"},
     {Remedy::evict, "evict"}}};

}  // namespace

std::string_view name_of(Remedy remedy) {
  return std::ranges::find(names, remedy, &std::pair<Remedy, std::string_view>::first)->second;
}

std::optional<Remedy> remedy_named(std::string_view name) {
  const auto found = std::ranges::find(names, name, &std::pair<Remedy, std::string_view>::second);
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

std::vector<std::string> names_of(const std::vector<Remedy>& remedies) {
  std::vector<std::string> all;
  for (const Remedy remedy : remedies) all.emplace_back(name_of(remedy));
  return all;
}

bool is_repair(Remedy remedy) {
  return remedy != Remedy::none && remedy != Remedy::advise;
}

}  // namespace patterns

#include "patterns/rule_flag.hpp"

#include <algorithm>
#include <array>

namespace patterns {
namespace {

struct Row {
  RuleFlag flag;
  std::string_view name;
};

constexpr std::array rows{
    Row{RuleFlag::go_mod, "go_mod"},
    Row{RuleFlag::in_the_way, "in_the_way"},
    Row{RuleFlag::no_permission, "no_permission"},
    Row{RuleFlag::relative_path, "relative_path"},
    Row{RuleFlag::index, "index"},
    Row{RuleFlag::not_in_std, "not_in_std"},
    Row{RuleFlag::linker_symbol, "linker_symbol"},
    Row{RuleFlag::sumdb_cache, "sumdb_cache"},
    Row{RuleFlag::sumdb_fork, "sumdb_fork"},
    Row{RuleFlag::no_record, "no_record"},
    Row{RuleFlag::no_such_host, "no_such_host"},
    Row{RuleFlag::http_proxy, "http_proxy"},
    Row{RuleFlag::http_proxy_login, "http_proxy_login"},
    Row{RuleFlag::login, "login"},
    Row{RuleFlag::forbidden, "forbidden"},
    Row{RuleFlag::not_found, "not_found"},
    Row{RuleFlag::plain_password, "plain_password"},
    Row{RuleFlag::plain_http, "plain_http"},
    Row{RuleFlag::unknown_authority, "unknown_authority"},
    Row{RuleFlag::expired, "expired"},
    Row{RuleFlag::certificate, "certificate"},
    Row{RuleFlag::no_git, "no_git"},
    Row{RuleFlag::foreign_words, "foreign_words"},
    Row{RuleFlag::pseudo_version, "pseudo_version"},
    Row{RuleFlag::commit_time, "commit_time"},
    Row{RuleFlag::proxy_off, "proxy_off"},
    Row{RuleFlag::malformed_proxy, "malformed_proxy"},
    Row{RuleFlag::vendor_only, "vendor_only"},
    Row{RuleFlag::sumdb_off, "sumdb_off"},
    Row{RuleFlag::malformed_toolchain, "malformed_toolchain"},
    Row{RuleFlag::local_toolchain, "local_toolchain"},
    Row{RuleFlag::no_release, "no_release"},
    Row{RuleFlag::go_sum, "go_sum"},
    Row{RuleFlag::lost_use, "lost_use"},
};

}  // namespace

std::optional<RuleFlag> flag_named(std::string_view name) {
  const auto* const found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? std::nullopt : std::optional(found->flag);
}

std::vector<std::string_view> names_of_flags() {
  std::vector<std::string_view> all;
  for (const Row& row : rows) all.push_back(row.name);
  return all;
}

}  // namespace patterns

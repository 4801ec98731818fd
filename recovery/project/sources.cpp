#include "recovery/project/sources.hpp"

#include <algorithm>
#include <charconv>

#include "recovery/go/toolchain.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/suspects.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

std::string without_slash(std::string entry) {
  while (entry.ends_with('/')) entry.pop_back();
  return entry;
}

using From = policy::Listed::Kind;

// The proxy that the toolchain would use if nobody had said anything: public by definition, and no
// name is built in.
std::string go_default(const Request& request) {
  std::vector<std::string> env = request.env;
  std::erase_if(env, [](const std::string& entry) {
    return entry.starts_with("GO") && !entry.starts_with("GOROOT=") &&
           !entry.starts_with("GOPATH=");
  });
  set_env(env, "GOENV", "off");
  set_env(env, "GOTOOLCHAIN", "local");
  const RunResult result = run({request.go, "env", "GOPROXY"}, env, "/", 20s);
  const auto entries = proxy_entries(trimmed(result.out));
  return result.ok && !entries.empty() ? entries.front() : std::string();
}

}  // namespace

std::optional<Walk::Step> Walk::next() const {
  const policy::Next next = policy::next_source(question_);
  if (next.list == policy::Next::List::none) return std::nullopt;
  const bool is_own = next.list == policy::Next::List::own;
  const policy::Listed& source = (is_own ? question_.own : question_.fallback)[next.at];
  const bool is_users = question_.privacy == policy::Privacy::by_gonoproxy;
  return Step{is_users ? std::string() : source.entry, source_name(source.entry), next.as_plain_go,
              is_own && next.at == 0};
}

void Walk::answered(policy::Answer answer) {
  const policy::Next next = policy::next_source(question_);
  if (next.list == policy::Next::List::own) question_.own[next.at].answer = answer;
  if (next.list == policy::Next::List::fallback) question_.fallback[next.at].answer = answer;
}

void Walk::presume(const std::string& entry, policy::Answer answer) {
  for (policy::Listed& source : question_.own) {
    if (source.entry == entry) source.answer = answer;
  }
}

std::string Walk::why() const {
  const policy::Next next = policy::next_source(question_);
  const auto name = [&] { return source_name(question_.own.at(next.at).entry); };
  switch (next.why) {
    case policy::Why::refused:
      return name() + " refuses to serve it";
    case policy::Why::comma:
      return name() +
             (question_.own.at(next.at).answer == policy::Answer::outage
                  ? " does not serve it"
                  : " serves content with the wrong checksum") +
             "; the comma after it in GOPROXY prevents asking the next source";
    case policy::Why::named_by_text_only:
      return "not asked for: nothing here requires it";
    case policy::Why::replaced:
      return "not asked for: it is replaced here";
    case policy::Why::own_module:
      return "not asked for: it is a module of this project";
    case policy::Why::excluded:
      return "not asked for: go.mod excludes it";
    case policy::Why::stale:
    case policy::Why::unsettled:
      return "not asked for: only go.sum names it";
    case policy::Why::vendored:
      return "not asked for: packages come from vendor";
    case policy::Why::may_ask:
    case policy::Why::has_it:
    case policy::Why::off:
    case policy::Why::exhausted:
      break;
  }
  return {};
}

Sources::Sources(const Settings& settings, const Request& request, const Config& config,
                 const BuildList* list)
    : settings_(settings), request_(request), config_(config), list_(list) {}

bool Sources::is_private(std::string_view module_path) const {
  return match_prefix_patterns(settings_.no_proxy, module_path) ||
         match_prefix_patterns(settings_.go_private, module_path);
}

std::string Sources::first_name() const {
  const auto entries = proxy_entries(settings_.proxy);
  return entries.empty() ? "direct" : source_name(entries.front());
}

std::string Sources::entry_of(std::string_view url) const {
  const auto bare = [](std::string_view text) {  // go prints no password
    const std::size_t scheme = text.find("://");
    const std::size_t host = scheme == text.npos ? 0 : scheme + 3;
    const std::size_t at = text.substr(0, text.find('/', host)).rfind('@');
    return std::string(text.substr(at == text.npos ? host : at + 1));
  };
  const auto entries = proxy_entries(settings_.proxy);
  const auto found = std::ranges::find_if(entries, [&](const std::string& entry) {
    return (bare(url) + "/").starts_with(without_slash(bare(entry)) + "/");
  });
  if (found != entries.end()) return *found;
  return entries.empty() ? std::string() : entries.front();
}

bool Sources::is_known_public(const std::string& entry) const {
  const std::string wanted = without_slash(entry);
  if (!config_.public_proxies.empty())
    return std::ranges::any_of(config_.public_proxies, [&](const std::string& one) {
      return without_slash(one) == wanted;
    });
  if (!go_default_) go_default_ = without_slash(go_default(request_));
  return !go_default_->empty() && *go_default_ == wanted;
}

std::vector<policy::Listed> Sources::own() const {
  auto all = policy::listed(settings_.proxy);
  for (policy::Listed& source : all) {
    if (source.kind == From::unknown && is_known_public(source.entry))
      source.kind = From::known_public;
  }
  return all;
}

std::vector<policy::Listed> Sources::fallback() const {
  std::vector<policy::Listed> all;
  for (const std::string& entry : config_.fallback) {
    for (policy::Listed& source : policy::listed(entry)) all.push_back(std::move(source));
  }
  return all;
}

bool Sources::is_first_public() const {
  const auto all = own();
  const auto first = std::ranges::find_if(all, [](const policy::Listed& source) {
    return source.kind != From::directory || !source.is_piped;
  });
  return first != all.end() && first->kind == From::known_public;
}

bool Sources::asks_repository_first(std::string_view module_path) const {
  const auto all = policy::listed(settings_.proxy);
  return match_prefix_patterns(settings_.no_proxy, module_path) ||
         (!all.empty() && all.front().kind == From::direct);
}

std::string Sources::shared_cache() const {
  constexpr std::string_view scheme = "file://", inner = "/cache/download";
  const auto all = policy::listed(settings_.proxy);
  if (all.empty() || all.front().kind != From::directory || !all.front().is_piped) return {};
  const std::string url = without_slash(all.front().entry);
  std::string path;
  for (std::size_t i = scheme.size(); i < url.size(); ++i) {
    unsigned byte = 0;
    const bool is_coded =
        url[i] == '%' && i + 2 < url.size() &&
        std::from_chars(&url[i + 1], &url[i + 1] + 2, byte, 16).ptr == &url[i + 1] + 2;
    path += is_coded ? static_cast<char>(byte) : url[i];
    if (is_coded) i += 2;
  }
  return path.ends_with(inner) ? path.substr(0, path.size() - inner.size()) : std::string();
}

// Commands that may need versions which no file of the user's names yet.
bool Sources::looks_for_versions() const {
  const std::string& verb = request_.verb;
  return verb == "get" || verb.starts_with("mod ") || verb.starts_with("work ") ||
         settings_.ignores_main_module ||
         (verb == "list" && std::ranges::find(request_.argv, "-m") != request_.argv.end()) ||
         flag_value(request_, settings_.flags, "mod") == "mod";
}

policy::Named Sources::named(const ModuleVersion& m) const {
  using policy::Named;
  const bool is_trusted = request_.trust == Trust::gos_own_words;
  if (typed_.contains(m) || is_of_command(request_, m)) return Named::command_line;
  if (is_toolchain(m)) {
    if (toolchain_in_use(settings_) == m) return Named::build_list;
    return is_trusted ? Named::gos_own_words : Named::text_only;
  }
  const bool is_in_files =
      settings_.ignores_main_module ? list_->modules().contains(m) : list_->holds(m);
  if (is_trusted && named_.contains(m) && (is_in_files || looks_for_versions()))
    return Named::gos_own_words;
  if (is_in_files) return Named::build_list;
  return is_trusted && looks_for_versions() ? Named::gos_own_words : Named::text_only;
}

policy::Question Sources::question(const ModuleVersion& m) const {
  policy::Question q;
  if (list_ == nullptr) return q;
  q.named = named(m);
  const bool goes_to_vendor =
      settings_.is_vendored && request_.verb != "get" && !request_.verb.starts_with("mod ");
  if (is_toolchain(m))
    q.standing = policy::Standing::ordinary;
  else if (goes_to_vendor && q.named != policy::Named::command_line)
    q.standing = policy::Standing::vendored;
  else
    q.standing = list_->standing(m);
  if (match_prefix_patterns(settings_.no_proxy, m.path())) {
    q.privacy = policy::Privacy::by_gonoproxy;
    q.own = {{"direct", From::direct}};
    return q;
  }
  if (match_prefix_patterns(settings_.go_private, m.path()))
    q.privacy = policy::Privacy::by_goprivate;
  q.own = own();
  q.fallback = fallback();
  return q;
}

bool Sources::may_ask(const ModuleVersion& m) const {
  return policy::may_ask(question(m)) == policy::Why::may_ask;
}

bool Sources::may_ask(std::string_view module_path) const {
  if (list_ == nullptr) return false;
  for (const Asked& one : asked_for(request_)) {
    if (one.path == module_path || one.path.starts_with(std::string(module_path) + "/"))
      return true;
  }
  const auto versions = list_->versions_of(module_path);
  return std::ranges::any_of(versions, [&](const ModuleVersion& m) { return may_ask(m); });
}

std::string Sources::for_whole_command(bool first_is_hopeless) const {
  // What the database is not asked about, no proxy may be asked for either.
  const bool all_is_checked =
      settings_.sumdb != "off" &&
      (settings_.no_sumdb.empty() || settings_.no_sumdb == settings_.no_proxy);
  return all_is_checked ? policy::list_for_whole_command(own(), fallback(), first_is_hopeless)
                        : std::string();
}

std::string Sources::other_sumdb() const {
  const std::string& url = config_.sumdb;
  const bool is_url = (url.starts_with("https://") || url.starts_with("http://")) &&
                      url.find_first_of(" \t\n") == url.npos;
  const std::string key = settings_.sumdb.substr(0, settings_.sumdb.find(' '));
  return is_url && !key.empty() && key != "off" ? key + ' ' + url : std::string();
}

}  // namespace recovery

#include "recovery/sources.hpp"

#include <algorithm>
#include <charconv>

#include "recovery/run.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

std::string trimmed(std::string_view s) {
  const std::size_t begin = s.find_first_not_of(" \t\r\n");
  if (begin == s.npos) return {};
  return std::string(s.substr(begin, s.find_last_not_of(" \t\r\n") - begin + 1));
}

std::string without_slash(std::string entry) {
  while (entry.ends_with('/')) entry.pop_back();
  return entry;
}

std::string piped(const std::vector<std::string>& entries) {
  std::string list;
  for (const std::string& entry : entries) list += (list.empty() ? "" : "|") + entry;
  return list;
}

// Where the list goes on behind directories that a pipe follows ("file:///a|https://b,direct"): a
// name that is looked for there has gone nowhere yet, and plain go asks the next whatever is wrong.
std::size_t behind_directories(std::string_view goproxy) {
  std::size_t begin = 0;
  while (trimmed(goproxy.substr(begin)).starts_with("file://")) {
    const std::size_t end = goproxy.find_first_of(",|", begin);
    if (end == goproxy.npos || goproxy[end] == ',') break;
    begin = end + 1;
  }
  return begin;
}

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

std::vector<std::string> proxy_entries(std::string_view goproxy) {
  std::vector<std::string> entries;
  while (true) {
    const std::size_t end = goproxy.find_first_of(",|");
    if (std::string entry = trimmed(goproxy.substr(0, end)); !entry.empty())
      entries.push_back(entry);
    if (end == goproxy.npos) return entries;
    goproxy.remove_prefix(end + 1);
  }
}

std::string source_name(std::string_view entry) {
  if (entry.starts_with("file://") || entry == "direct" || entry == "off") {
    return std::string(entry);
  }
  const std::size_t scheme = entry.find("://");  // go puts https:// in front where there is none
  std::string_view host = scheme == entry.npos ? entry : entry.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  return std::string(host.substr(host.rfind('@') + 1));  // npos + 1: all of it
}

Sources::Sources(const Root& cache, const Settings& settings, const Request& request,
                 const Config& config)
    : cache_(cache), settings_(settings), request_(request), config_(config) {}

bool Sources::is_private(std::string_view module_path) const {
  return match_prefix_patterns(settings_.no_proxy, module_path) ||
         match_prefix_patterns(settings_.go_private, module_path);
}

std::string Sources::first_name() const {
  const auto entries = proxy_entries(settings_.proxy);
  return entries.empty() ? "direct" : source_name(entries.front());
}

// The checksum database publishes the names of what it holds; and what was asked of a public proxy
// has gone there already. Everything else may be somebody's own.
bool Sources::is_proved_public(const ModuleVersion& m) const {
  if (is_private(m.path())) return false;
  const bool is_checked = !match_prefix_patterns(settings_.no_sumdb, m.path());
  if (is_checked && sumdb_record(cache_, settings_.sumdb, m).by == Expected::By::sumdb) return true;
  return is_first_public();
}

bool Sources::is_first_public() const {
  const auto entries = proxy_entries(settings_.proxy.substr(behind_directories(settings_.proxy)));
  if (entries.empty()) return false;
  const std::string first = without_slash(entries.front());
  const auto is_first = [&](const std::string& entry) { return without_slash(entry) == first; };
  if (!config_.public_proxies.empty()) return std::ranges::any_of(config_.public_proxies, is_first);
  if (!first_is_public_) first_is_public_ = is_first(go_default(request_));
  return *first_is_public_;
}

std::string Sources::shared_cache() const {
  constexpr std::string_view scheme = "file://", inner = "/cache/download";
  if (behind_directories(settings_.proxy) == 0) return {};
  const std::string url = without_slash(proxy_entries(settings_.proxy).front());
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

std::vector<Source> Sources::for_module(const ModuleVersion& m) const {
  std::vector<Source> sources{{"", first_name()}};
  const auto entries = proxy_entries(settings_.proxy);
  if ((entries.size() < 2 && config_.fallback.empty()) || is_private(m.path())) return sources;
  const std::string& list = settings_.proxy;
  const std::size_t own = behind_directories(list);
  const bool is_public = is_proved_public(m);
  // Each rest of the list, so that go's own rules decide about what stands behind.
  for (std::size_t at = list.find_first_of(",|"); at != list.npos;
       at = list.find_first_of(",|", at + 1)) {
    if (at >= own && !is_public) break;
    const std::string rest = list.substr(at + 1);
    const std::string entry = trimmed(rest.substr(0, rest.find_first_of(",|")));
    if (entry.empty() || entry == "off") continue;
    sources.push_back({rest, source_name(entry)});
  }
  if (!is_public) return sources;
  for (const std::string& entry : config_.fallback) sources.push_back({entry, source_name(entry)});
  return sources;
}

std::vector<std::string> Sources::own_entries(bool without_first) const {
  auto entries = proxy_entries(settings_.proxy);
  std::erase(entries, "off");
  if (without_first && !entries.empty()) entries.erase(entries.begin());
  return entries;
}

std::vector<std::string> Sources::for_second_try(const ModuleVersion& m,
                                                 bool first_is_hopeless) const {
  const auto own = first_is_hopeless ? std::vector<std::string>{} : std::vector<std::string>{""};
  const auto entries = own_entries(first_is_hopeless);
  if ((entries.size() < 2 && !first_is_hopeless && config_.fallback.empty()) ||
      !is_proved_public(m)) {
    return own;
  }
  std::vector<std::string> tries{piped(entries), piped(config_.fallback)};
  std::erase(tries, "");
  return tries;
}

std::string Sources::for_whole_command(bool first_is_hopeless) const {
  // What the database is not asked about, no proxy may be asked for either.
  const bool all_is_checked =
      settings_.sumdb != "off" &&
      (settings_.no_sumdb.empty() || settings_.no_sumdb == settings_.no_proxy);
  auto entries = own_entries(first_is_hopeless);
  entries.insert(entries.end(), config_.fallback.begin(), config_.fallback.end());
  const bool has_others = entries.size() > (first_is_hopeless ? 0U : 1U);
  return all_is_checked && has_others && is_first_public() ? piped(entries) : std::string();
}

std::string Sources::other_sumdb() const {
  const std::string& url = config_.sumdb;
  const bool is_url = (url.starts_with("https://") || url.starts_with("http://")) &&
                      url.find_first_of(" \t\n") == url.npos;
  const std::string key = settings_.sumdb.substr(0, settings_.sumdb.find(' '));
  return is_url && !key.empty() && key != "off" ? key + ' ' + url : std::string();
}

}  // namespace recovery

#include "recovery/advice/source_text.hpp"

#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/goproxy.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

constexpr std::size_t most_text = 2000;  // bytes behind a line that still belong to it

std::string installer() {
  if (exists("/sbin/apk")) return "apk add ";
  if (exists("/usr/bin/apt-get")) return "apt-get install -y ";
  if (exists("/usr/bin/dnf")) return "dnf install -y ";
  return {};
}

}  // namespace

std::string text_of(const Circumstances& c, const Diagnosis& d) {
  const std::size_t at = c.request.text.find(d.line);
  return at == std::string::npos ? d.line : c.request.text.substr(at, most_text);
}

std::string host_in(const std::string& text, std::string_view scheme) {
  const std::size_t at = text.find(scheme);
  if (at == text.npos) return {};
  const std::string url = text.substr(at, text.find_first_of(" \t\n'\"", at) - at);
  const std::string host = source_name(url);
  return is_plain(host) ? host : std::string();
}

// go1.19 and 1.21 leave out a slash of the URL.
std::string host_of(const Diagnosis& d) {
  std::string url = d.host;
  const std::size_t colon = url.find(":/");
  if (colon != url.npos && url.compare(colon, 3, "://") != 0) url.insert(colon + 1, "/");
  if (url.empty()) {
    const std::string host = host_in(d.line, "https://");
    return host.empty() ? host_in(d.line, "http://") : host;
  }
  const std::string host = source_name(url);
  return is_plain(host) ? host : std::string();
}

std::string subject(const Diagnosis& d) {
  if (const auto m = ModuleVersion::parse(d.module, d.version)) return m->str();
  return is_module_path(d.module) ? d.module : std::string();
}

std::string without_port(const std::string& host) {
  return host.substr(0, host.rfind(':'));
}

std::string proxy_variable(const Request& request) {
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}) {
    if (!env_value(request.env, name).empty()) return name;
  }
  return {};
}

Advice install(const std::string& what, const std::string& package) {
  const std::string command = installer().empty() ? "" : by_root(installer() + package);
  if (command.empty()) return what + "; install " + package;
  return {what, command};
}

}  // namespace recovery

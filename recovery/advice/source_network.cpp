// Advice about where modules come from: a source, or the proxy before it, does not answer, or
// its certificate is not trusted.

#include <algorithm>

#include "recovery/advice/advice.hpp"
#include "recovery/advice/source_text.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/settings/go_setting.hpp"
#include "recovery/settings/goproxy.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::RuleFlag;

// Where Go looks for certificate authorities (crypto/x509/root_linux.go).
bool has_authorities(const Request& request) {
  if (!env_value(request.env, "SSL_CERT_FILE").empty()) return true;
  return std::ranges::any_of(
      std::vector<const char*>{
          "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"},
      [](const char* file) { return exists(file); });
}

}  // namespace

Advice network_down(const Circumstances& c, const Diagnosis& d) {
  if (d.flags.has(RuleFlag::http_proxy)) {
    const std::string variable = proxy_variable(c.request);
    if (variable.empty()) return {};
    return {variable + ": the proxy does not answer",
            "env -u " + variable + " " + command_line(c.request)};
  }
  const std::string host = host_of(d);
  if (host.empty()) return {};
  // What is named there may hold private modules: their names are not sent to Go's default instead.
  const bool is_listed =
      std::ranges::any_of(proxy_entries(c.settings.proxy),
                          [&](const std::string& entry) { return source_name(entry) == host; });
  const GoSetting proxy = go_setting(c.request, c.settings, "GOPROXY");
  const std::string from = is_listed ? " (in GOPROXY, from " + proxy.where() + ")" : "";
  const bool is_unknown = d.flags.has(RuleFlag::unknown_authority);
  if (is_unknown && !has_authorities(c.request))
    return install("no CA certificates installed (needed for " + host + ")", "ca-certificates");
  if (is_unknown)
    return host + from +
           ": certificate signed by unknown authority; set SSL_CERT_FILE to its CA file";
  if (d.flags.has(RuleFlag::expired))
    return host + from +
           ": certificate expired or not yet valid (or this machine's clock is wrong)";
  if (d.flags.has(RuleFlag::certificate)) return host + from + ": certificate rejected (x509)";
  if (d.flags.has(RuleFlag::plain_http))
    return host + from + ": server speaks plain http; its URL must begin with http://";
  if (d.flags.has(RuleFlag::no_such_host))
    return without_port(host) + from + ": no such host; is the network up" +
           (is_listed ? ", is the name right?" : "?");
  return {};
}

}  // namespace recovery

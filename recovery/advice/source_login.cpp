// Advice about where modules come from: logins that are refused, to a proxy or to a repository.
// Never names a password.

#include <algorithm>
#include <sstream>

#include "recovery/advice/advice.hpp"
#include "recovery/advice/source_text.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/settings/go_setting.hpp"
#include "recovery/settings/goproxy.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::RuleFlag;

std::string netrc_of(const Request& request) {
  const std::string named = env_value(request.env, "NETRC");
  return named.empty() ? env_value(request.env, "HOME") + "/.netrc" : named;
}

bool has_machine(const std::string& netrc, const std::string& host) {
  std::istringstream words(read_text_file(netrc));
  for (std::string word; words >> word;) {
    if (word == "machine" && words >> word && word == without_port(host)) return true;
  }
  return false;
}

bool has_ssh_key(const Request& request) {
  if (!env_value(request.env, "SSH_AUTH_SOCK").empty()) return true;
  const std::string ssh = env_value(request.env, "HOME") + "/.ssh/id_";
  return std::ranges::any_of(std::vector<const char*>{"ed25519", "rsa", "ecdsa"},
                             [&](const char* kind) { return exists(ssh + kind); });
}

std::string put_into_netrc(const std::string& netrc, const std::string& host) {
  return "add to " + netrc + ": machine " + without_port(host) + " login NAME password TOKEN";
}

// The entry of GOPROXY with a user and a password for this host.
bool proxy_has_login(const Settings& settings, const std::string& host) {
  return std::ranges::any_of(proxy_entries(settings.proxy), [&](const std::string& entry) {
    return source_name(entry) == host && entry.find('@') != entry.npos;
  });
}

}  // namespace

Advice proxy_login(const Circumstances& c, const Diagnosis& d) {
  if (d.flags.has(RuleFlag::plain_password))
    return "go sends no password over plain http; use https for that host in GOPROXY";
  if (d.flags.has(RuleFlag::http_proxy_login)) {
    const std::string variable = proxy_variable(c.request);
    return (variable.empty() ? std::string("HTTPS_PROXY") : variable) +
           ": proxy authentication required; set it to http://NAME:PASSWORD@host:port";
  }
  const std::string host = host_of(d);
  if (host.empty() || subject(d).empty()) return {};
  const std::string netrc = netrc_of(c.request);
  if (d.flags.has(RuleFlag::login)) {
    if (c.settings.auth == "off")
      return {host + ": authentication required; GOAUTH=off keeps go from reading " + netrc,
              go_setting(c.request, c.settings, "GOAUTH").undone(command_line(c.request))};
    if (proxy_has_login(c.settings, host))
      return host + ": the credentials in GOPROXY are rejected; put valid ones there";
    if (has_machine(netrc, host))
      return host + ": the credentials in " + netrc + " are rejected; put valid ones there";
    return host + ": authentication required for " + subject(d) + "; " +
           put_into_netrc(netrc, host);
  }
  if (!d.flags.has(RuleFlag::forbidden)) return {};
  return host + ": 403 Forbidden for " + subject(d) + "; ask its operator";
}

Advice git_https_login(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (d.flags.has(RuleFlag::no_git))
    return install("git is not installed, and a module is fetched from its repository", "git");
  // Below git's words stands go's hint, with a URL of its own.
  const std::string of_git = text.substr(0, text.find("\nConfirm the import path"));
  std::string host = host_in(of_git, "https://");
  std::string scheme = "https://";
  if (host.empty()) host = host_in(of_git, scheme = "http://");
  if (host.empty() || subject(d).empty()) return {};
  const std::string netrc = netrc_of(c.request);
  const std::string what =
      d.flags.has(RuleFlag::foreign_words)
          ? host + ": no access to " + subject(d) + " (authentication required, or not found)"
          : host + ": authentication required for " + subject(d) + " (private, or not found)";
  if (has_machine(netrc, host))
    return host + ": the credentials in " + netrc + " or git are rejected, or " + subject(d) +
           " does not exist";
  if (!has_ssh_key(c.request)) return what + "; " + put_into_netrc(netrc, host);
  return {what + "; to use your ssh key", "git config --global url.ssh://git@" +
                                              without_port(host) + "/.insteadOf " + scheme + host +
                                              "/"};
}

Advice git_ssh_login(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (subject(d).empty()) return {};
  const std::size_t at = text.find("Permission denied (publickey");
  if (at == text.npos) return {};
  // "git@example.com: Permission denied (publickey)."
  const std::size_t start = text.rfind('\n', at) + 1;
  std::string who = text.substr(start, text.rfind(':', at) - start);
  who = who.substr(std::min(who.size(), who.find_first_not_of(" \t")));
  const std::string host = is_plain(who) ? who : "the host of " + subject(d);
  if (!has_ssh_key(c.request)) return host + ": no ssh key (none in ~/.ssh, and no ssh agent)";
  return {host + ": ssh key rejected", "ssh-add -l"};
}

Advice git_host_key(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (subject(d).empty()) return {};
  std::string host = subject(d).substr(0, subject(d).find_first_of("/@"));
  constexpr std::string_view known = "host key is known for ";
  if (const std::size_t at = text.find(known); at != text.npos) {
    const std::size_t start = at + known.size();
    host = text.substr(start, text.find_first_of(" \n", start) - start);
  }
  if (!is_plain(host)) return {};
  return {host + ": unknown ssh host key; compare it with the published one", "ssh -T git@" + host};
}

Advice no_repository(const Circumstances&, const Diagnosis& d) {
  if (subject(d).empty()) return {};
  const auto m = ModuleVersion::parse(d.module, d.version);
  return (m ? m->path() : d.module) +
         ": repository not found, or no access with your credentials; is the path spelled right?";
}

}  // namespace recovery

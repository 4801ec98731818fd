// Advice about where modules come from: settings that forbid, logins that are refused, sources that
// don't answer or don't have it. Names the setting, and the host that it is about; never a
// password.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "recovery/advice.hpp"
#include "recovery/go_setting.hpp"
#include "recovery/layout.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

constexpr std::size_t most_text = 2000;  // bytes behind a line that still belong to it

// What go said from the diagnosed line on: git's words stand below it.
std::string text_of(const Circumstances& c, const Diagnosis& d) {
  const std::size_t at = c.request.text.find(d.line);
  return at == std::string::npos ? d.line : c.request.text.substr(at, most_text);
}

bool says(const std::string& text, std::string_view words) {
  return text.find(words) != text.npos;
}

// The host of the first URL of these schemes, with its port and without a password.
std::string host_in(const std::string& text, std::string_view scheme) {
  const std::size_t at = text.find(scheme);
  if (at == text.npos) return {};
  const std::string url = text.substr(at, text.find_first_of(" \t\n'\"", at) - at);
  const std::string host = source_name(url);
  return is_plain(host) ? host : std::string();
}

// The host of a source whose URL go printed; 1.19 and 1.21 leave out a slash.
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

// --- logins ---

std::string netrc_of(const Request& request) {
  const std::string named = env_value(request.env, "NETRC");
  return named.empty() ? env_value(request.env, "HOME") + "/.netrc" : named;
}

std::string without_port(const std::string& host) {
  return host.substr(0, host.rfind(':'));
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
  return "no command mends it without your password or token: put 'machine " + without_port(host) +
         " login NAME password TOKEN' into " + netrc;
}

// The entry of GOPROXY with a user and a password for this host.
bool proxy_has_login(const Settings& settings, const std::string& host) {
  return std::ranges::any_of(proxy_entries(settings.proxy), [&](const std::string& entry) {
    return source_name(entry) == host && entry.find('@') != entry.npos;
  });
}

std::string proxy_variable(const Request& request) {
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}) {
    if (!env_value(request.env, name).empty()) return name;
  }
  return {};
}

std::string installer() {
  if (exists("/sbin/apk")) return "apk add ";
  if (exists("/usr/bin/apt-get")) return "apt-get install -y ";
  if (exists("/usr/bin/dnf")) return "dnf install -y ";
  return {};
}

std::string install(const std::string& package) {
  const std::string command = installer();
  if (command.empty()) return "no command is known here: install " + package;
  return std::string("next: ") + (::geteuid() == 0 ? "" : "sudo ") + command + package;
}

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

// --- what is not in the cache ---

std::vector<ModuleVersion> missing_modules(const Circumstances& c) {
  std::vector<ModuleVersion> missing;
  for (const ModuleVersion& m : c.list.modules()) {
    const bool is_used = !c.list.expected(m).zip.empty();
    const bool is_here = c.cache.stat(tree_dir(m)).kind != Kind::absent ||
                         c.cache.stat(download_file(m, ".zip")).kind != Kind::absent;
    if (is_used && !is_here) missing.push_back(m);
  }
  return missing;
}

// Versions of it that the cache has a go.mod of, the highest last as far as names tell.
std::vector<std::string> cached_versions(const Circumstances& c, const ModuleVersion& m) {
  std::vector<std::string> versions;
  for (const std::string& name :
       c.cache.list(download_dir(m)).value_or(std::vector<std::string>())) {
    if (!name.ends_with(".mod")) continue;
    const auto other =
        ModuleVersion::unescape(ModuleVersion::parse(m.path(), m.version())->escaped_path(),
                                name.substr(0, name.size() - 4));
    if (other && other->version() != m.version()) versions.push_back(other->version());
  }
  std::ranges::sort(versions);
  return versions;
}

bool is_in_go_mod(const Settings& settings, const ModuleVersion& m) {
  return std::ranges::any_of(settings.mod_files, [&](const std::string& file) {
    return parse_go_mod(read_text_file(file)).needed.contains(m);
  });
}

std::string look_up(const Circumstances& c, const std::string& path) {
  return in_same_place(c.request, "list -m -versions " + path + "@latest");
}

// What declares a module private, where GOPRIVATE is set now; empty: it can't be typed.
std::string as_private(const Circumstances& c, const std::string& module_path) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOPRIVATE");
  const std::string all = (setting.value.empty() ? "" : setting.value + ",") + module_path;
  if (!is_plain(all)) return {};
  return setting.from == GoSetting::From::environment
             ? "GOPRIVATE=" + all + " " + command_line(c.request)
             : "go env -w GOPRIVATE=" + all;
}

// "(expected 20200102030405)": go has computed what a pseudo-version must look like.
std::string right_pseudo_version(const ModuleVersion& m, const std::string& line) {
  const std::size_t at = line.rfind("(expected ");
  if (at == line.npos) return {};
  const std::string expected = line.substr(at + 10, line.find(')', at) - at - 10);
  const std::string& v = m.version();
  const std::size_t hash = v.rfind('-');
  if (hash == v.npos || hash < 14 || expected.empty()) return {};
  const bool is_time = says(line, "timestamp");
  const std::string right = is_time ? v.substr(0, hash - 14) + expected + v.substr(hash)
                                    : v.substr(0, hash + 1) + expected;
  return ModuleVersion::parse(m.path(), right) ? right : std::string();
}

// As module.IsPseudoVersion has it, roughly: "v0.0.0-20200102030405-abcdefabcdef".
bool is_pseudo_version(std::string_view v) {
  const std::size_t hash = v.rfind('-');
  if (hash == v.npos || hash < 15) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::all_of(v.substr(hash - 14, 14), is_digit);
}

// Proxies keep for a while that a version is not there; where go asks the repository itself, it is
// not.
std::string may_be_too_new(const Circumstances& c, const ModuleVersion& m) {
  const auto entries = proxy_entries(c.settings.proxy);
  const bool asks_repository = std::ranges::find(entries, "direct") != entries.end() ||
                               match_prefix_patterns(c.settings.no_proxy, m.path());
  if (asks_repository || entries.empty() || is_pseudo_version(m.version())) return {};
  return " (a proxy may say so for half an hour after a tag was pushed; by its commit, " +
         m.path() + "@COMMIT, it is there at once)";
}

}  // namespace

bool is_no_record(const Diagnosis& d) {
  return d.class_id == "checksum/sumdb-unavailable" && says(d.line, "/lookup/") &&
         says(d.line, ": 404 ");
}

std::string lookup_disabled(const Circumstances& c, const Diagnosis& d) {
  const GoSetting proxy = go_setting(c.request, c.settings, "GOPROXY");
  const std::string undo = "; next: " + proxy.undone(command_line(c.request));
  if (says(d.line, "GOPROXY=off")) {
    if (proxy.from == GoSetting::From::toolchain) return {};
    std::string what = subject(d);
    const std::vector<ModuleVersion> missing = missing_modules(c);
    if (what.empty() && !missing.empty()) what = missing.front().str();
    if (what.empty()) return {};
    if (missing.size() > 1) what += " and " + std::to_string(missing.size() - 1) + " more";
    return what + " can't be had from the module cache, and GOPROXY=off (from " + proxy.where() +
           ") forbids to fetch" + undo;
  }
  if (says(d.line, "invalid proxy URL") || says(d.line, "but contains no entries") ||
      says(d.line, "invalid file:// proxy URL"))
    return "GOPROXY (from " + proxy.where() + ") is no list of URLs" + undo;
  if (says(d.line, "import lookup disabled by -mod=vendor") && is_import_path(d.package)) {
    const bool is_required = !c.list.providers(d.package).empty();
    return d.package + " is not in the vendor directory; next: " +
           in_same_place(c.request, is_required ? "mod vendor" : "get " + d.package);
  }
  return {};
}

// GO111MODULE=off beside a go.mod: the file is not looked at.
std::string gopath_mode(const Circumstances& c, const Diagnosis&) {
  const GoSetting modules = go_setting(c.request, c.settings, "GO111MODULE");
  if (modules.value != "off") return {};
  for (std::string dir = c.request.dir; !dir.empty(); dir.resize(dir.rfind('/'))) {
    if (!exists(dir + "/go.mod")) continue;
    return "GO111MODULE=off (from " + modules.where() + ") makes go ignore " + dir +
           "/go.mod; next: " + modules.undone(command_line(c.request));
  }
  return {};
}

std::string unknown_revision(const Circumstances& c, const Diagnosis& d) {
  const auto m = ModuleVersion::parse(d.module, d.version);
  if (m && says(d.line, "invalid pseudo-version")) {
    const std::string right = right_pseudo_version(*m, d.line);
    if (!right.empty() && is_in_go_mod(c.settings, *m))
      return m->str() + " must be written " + right +
             "; next: " + in_same_place(c.request, "mod edit -require=" + m->path() + "@" + right);
  }
  if (!is_module_path(d.module) || d.module == "golang.org/toolchain") return {};
  const std::string what = m ? m->str() : d.module + (is_plain(d.version) ? "@" + d.version : "");
  if (m && is_in_go_mod(c.settings, *m)) {
    const std::vector<std::string> known = cached_versions(c, *m);
    if (!known.empty())
      return "go.mod asks for " + what + ", which no source has" + may_be_too_new(c, *m) +
             "; the module cache has " + known.back() + "; next: " +
             in_same_place(c.request, "mod edit -require=" + m->path() + "@" + known.back());
  }
  return what + " is nowhere to be had" + (m ? may_be_too_new(c, *m) : "") +
         "; to see which versions there are; next: " + look_up(c, d.module);
}

std::string module_not_found(const Circumstances& c, const Diagnosis& d) {
  if (!is_module_path(d.module) || !says(d.line, ": 4")) return {};
  const auto m = ModuleVersion::parse(d.module, d.version);
  const auto entries = proxy_entries(c.settings.proxy);
  std::string asked;
  for (const std::string& entry : entries) {
    if (entry != "off") asked += (asked.empty() ? "" : ", ") + source_name(entry);
  }
  const bool is_private = match_prefix_patterns(c.settings.no_proxy, d.module);
  if (std::ranges::find(entries, "direct") == entries.end() && !is_private) {
    const std::string command = as_private(c, d.module);
    if (command.empty()) return {};
    return (m ? m->str() : d.module) + " is not at " + asked +
           "; if it is private, so that its own repository is asked; next: " + command;
  }
  return m ? unknown_revision(c, d) : std::string();
}

// The database looks into the repository itself, and tells for half an hour that it found nothing.
std::string unknown_to_sumdb(const Circumstances& c, const Diagnosis& d) {
  const auto m = ModuleVersion::parse(d.module, d.version);
  const std::string command = m && is_no_record(d) ? as_private(c, d.module) : std::string();
  if (command.empty()) return {};
  return "the checksum database does not know " + m->str() +
         ": it sees no private repository, and a tag that was pushed just now not before half an "
         "hour has gone; if it is private, so that the database is not asked; next: " +
         command;
}

std::string proxy_login(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d).substr(0, 1000);
  const std::string line = text.substr(0, text.find('\n'));
  if (says(line, "refusing to pass credentials"))
    return "go sends no password over plain http; no command mends it: GOPROXY must say https for "
           "that host";
  if (says(line, "407") || line.ends_with("Proxy Authentication Required")) {
    const std::string variable = proxy_variable(c.request);
    return "the proxy that " + (variable.empty() ? std::string("HTTPS_PROXY") : variable) +
           " names wants a login; no command mends it without one: put it there as "
           "http://NAME:PASSWORD@host:port";
  }
  const std::string host = host_of(d);
  if (host.empty() || subject(d).empty()) return {};
  const std::string netrc = netrc_of(c.request);
  if (says(line, ": 401 ")) {
    if (c.settings.auth == "off")
      return host + " wants a login, and GOAUTH=off keeps go from reading " + netrc + "; next: " +
             go_setting(c.request, c.settings, "GOAUTH").undone(command_line(c.request));
    if (proxy_has_login(c.settings, host))
      return host +
             " refuses the login that GOPROXY has for it; no command mends it: put a valid "
             "one there";
    if (has_machine(netrc, host))
      return host + " refuses the login that " + netrc +
             " has for it; no command mends it: put a valid one there";
    return host + " wants a login for " + subject(d) + "; " + put_into_netrc(netrc, host);
  }
  if (!says(line, ": 403 ") && !line.ends_with(": Forbidden")) return {};
  return host + " refuses to give " + subject(d) +
         "; no command mends it: who runs it decides who gets what";
}

std::string git_https_login(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (says(d.line, "\"git\": executable file not found") || says(d.line, "missing Git command"))
    return "git is not installed, and a module comes straight from its repository; " +
           install("git");
  // Below git's words stands go's hint, with a URL of its own.
  const std::string of_git = text.substr(0, text.find("\nConfirm the import path"));
  std::string host = host_in(of_git, "https://");
  std::string scheme = "https://";
  if (host.empty()) host = host_in(of_git, scheme = "http://");
  if (host.empty() || subject(d).empty()) return {};
  const std::string netrc = netrc_of(c.request);
  const std::string what =
      d.rule == "git-foreign"
          ? host + " did not give git " + subject(d) + " (it wants a login, or has no such thing); "
          : host + " wants a login for " + subject(d) +
                " (private, or not there at all), and git may not ask you for it; ";
  if (has_machine(netrc, host))
    return host + " refuses the login that " + netrc + " or git has for it, or " + subject(d) +
           " is not there at all; no command mends it: put a valid one there";
  if (!has_ssh_key(c.request)) return what + put_into_netrc(netrc, host);
  return what + "to use your ssh key; next: git config --global url.ssh://git@" +
         without_port(host) + "/.insteadOf " + scheme + host + "/";
}

std::string git_ssh_login(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (subject(d).empty()) return {};
  const std::size_t at = text.find("Permission denied (publickey");
  if (at == text.npos) return {};
  // "git@example.com: Permission denied (publickey)."
  const std::size_t start = text.rfind('\n', at) + 1;
  std::string who = text.substr(start, text.rfind(':', at) - start);
  who = who.substr(std::min(who.size(), who.find_first_not_of(" \t")));
  const std::string host = is_plain(who) ? who : "the host of " + subject(d);
  if (!has_ssh_key(c.request))
    return host +
           " takes no ssh key of yours: there is none in ~/.ssh, and no agent; no command "
           "mends it without a key that it knows";
  return host + " takes none of the ssh keys that were offered; next: ssh-add";
}

std::string git_host_key(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  if (subject(d).empty()) return {};
  std::string host = subject(d).substr(0, subject(d).find_first_of("/@"));
  constexpr std::string_view known = "host key is known for ";
  if (const std::size_t at = text.find(known); at != text.npos) {
    const std::size_t start = at + known.size();
    host = text.substr(start, text.find_first_of(" \n", start) - start);
  }
  if (!is_plain(host)) return {};
  return "ssh does not know the key of " + host +
         ", and may not ask; compare what it shows with what the host publishes; next: ssh -T "
         "git@" +
         host;
}

std::string no_repository(const Circumstances&, const Diagnosis& d) {
  if (subject(d).empty()) return {};
  const auto m = ModuleVersion::parse(d.module, d.version);
  return "there is no repository for " + (m ? m->path() : d.module) +
         ", or none that your login may see; no command mends it: is the path spelt right?";
}

std::string network_down(const Circumstances& c, const Diagnosis& d) {
  const std::string text = text_of(c, d);
  const std::string line = text.substr(0, text.find('\n'));
  if (says(line, "proxyconnect tcp")) {
    const std::string variable = proxy_variable(c.request);
    if (variable.empty()) return {};
    return "the proxy that " + variable + " names does not answer; next: env -u " + variable + " " +
           command_line(c.request);
  }
  const std::string host = host_of(d);
  if (host.empty()) return {};
  const bool is_listed =
      std::ranges::any_of(proxy_entries(c.settings.proxy),
                          [&](const std::string& entry) { return source_name(entry) == host; });
  const GoSetting proxy = go_setting(c.request, c.settings, "GOPROXY");
  const std::string from = is_listed ? " (in GOPROXY, from " + proxy.where() + ")" : "";
  if (says(line, "certificate signed by unknown authority") && !has_authorities(c.request))
    return "this machine has no certificate authorities at all, so it trusts nobody, " + host +
           " neither; " + install("ca-certificates");
  if (says(line, "certificate signed by unknown authority"))
    return "the certificate of " + host + from +
           " comes from an authority that this machine does not know; no command mends it without "
           "that authority's file: SSL_CERT_FILE names it";
  if (says(line, "has expired or is not yet valid"))
    return "the certificate of " + host + from +
           " is out of its time, or this machine's clock is wrong; no command mends it";
  if (says(line, "x509: "))
    return "the certificate of " + host + from + " is not for that name; no command mends it";
  if (says(line, "server gave HTTP response to HTTPS client"))
    return host + from + " speaks plain http; no command mends it: its URL must say http";
  if (says(line, "no such host"))
    return "there is no host " + without_port(host) + from +
           (proxy.from == GoSetting::From::toolchain || !is_listed
                ? "; no command mends it: is the network up?"
                : "; next: " + proxy.undone(command_line(c.request)));
  return {};
}

}  // namespace recovery

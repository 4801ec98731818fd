// What a rule knows besides its class: recovery decides by flags, and none may be one that no rule
// has, or that is spelled as nobody reads it.

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "patterns/rule_file.hpp"
#include "tests/catch.hpp"

namespace {

using patterns::Diagnosis;
using patterns::RuleFlag;

std::vector<patterns::Rule> rules_of_ours() {
  return patterns::parse_rules(patterns::rule_files(), patterns::Examples::skip).rules;
}

// "(?<name>" in it; not "(?<=" and "(?<!".
std::set<std::string> groups_in(const std::string& when) {
  std::set<std::string> names;
  for (std::size_t at = when.find("(?<"); at != when.npos; at = when.find("(?<", at + 1)) {
    const std::string name = when.substr(at + 3, when.find('>', at) - at - 3);
    if (!name.starts_with('=') && !name.starts_with('!')) names.insert(name);
  }
  return names;
}

std::string failure_of(const std::string& rule_file) {
  try {
    (void)patterns::parse_rules({{"10-mine.toml", rule_file}}, patterns::Examples::read);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

std::string flags_of(const Diagnosis& diagnosis) {
  std::string all;
  for (const auto name : patterns::names_of_flags()) {
    if (diagnosis.flags.has(*patterns::flag_named(name)))
      all += (all.empty() ? "" : " ") + std::string(name);
  }
  return all;
}

}  // namespace

TEST_CASE("flags: each is told by a rule, and a group of a rule is a capture or a flag") {
  const std::set<std::string> captures = {"module", "version", "package",  "path", "symbol",
                                          "source", "host",    "expected", "got"};
  std::set<std::string> told;
  for (const patterns::Rule& rule : rules_of_ours()) {
    CAPTURE(rule.name);
    for (const auto name : patterns::names_of_flags()) {
      if (rule.flags.has(*patterns::flag_named(name))) told.emplace(name);
    }
    for (const std::string& when : rule.when) {
      for (const std::string& group : groups_in(when)) {
        CAPTURE(group);
        CHECK((captures.contains(group) || patterns::flag_named(group)));
        told.insert(group);
      }
    }
  }
  for (const auto name : patterns::names_of_flags()) {
    CAPTURE(name);
    CHECK(told.contains(std::string(name)));
  }
}

TEST_CASE("flags: a flag, or a class, that there is not is told with its file and rule") {
  const std::string rule =
      "[[rule]]\nname = 'x'\nclass = 'network/dns'\nremedy = 'retry'\nwhen = 'words of go'\n";
  CHECK(failure_of(rule).empty());
  CHECK(failure_of(rule + "flags = ['no_such_host']\n").empty());
  CHECK(failure_of(rule + "flags = ['no-such-host']\n") ==
        "10-mine.toml: rule 'x' has no such flag: 'no-such-host'");
  CHECK(failure_of("[[rule]]\nname = 'x'\nclass = 'network/nosuch'\nremedy = 'retry'\n") ==
        "10-mine.toml: rule 'x' has no such class: 'network/nosuch'");
}

TEST_CASE("flags: what a line says besides its class") {
  struct Row {
    std::string flags, text;
  };
  const std::string get = "go: a.b/c@v1.0.0: Get \"https://p.test/a.b/c/@v/v1.0.0.mod\": ";
  const std::string reading = "go: a.b/c@v1.0.0: reading https://p.test/a.b/c/@v/v1.0.0.mod: ";
  const std::string verifying =
      "go: a.b/c@v1.0.0: verifying go.mod: a.b/c@v1.0.0/go.mod: reading https://p.test/sumdb/s/";
  const Row rows[] = {
      {"no_such_host", get + "dial tcp: lookup p.test: no such host"},
      {"", get + "dial tcp: lookup p.test: server misbehaving"},
      {"no_such_host http_proxy", get + "proxyconnect tcp: dial tcp: lookup q: no such host"},
      {"http_proxy", get + "proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused"},
      {"http_proxy", get + "proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout"},
      {"http_proxy certificate", get + "proxyconnect tcp: tls: failed to verify: x509: odd"},
      {"unknown_authority certificate",
       get + "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
      {"expired certificate", get + "x509: certificate has expired or is not yet valid: x"},
      {"certificate", get + "x509: certificate is valid for q.test, not p.test"},
      {"plain_http", get + "http: server gave HTTP response to HTTPS client"},
      {"forbidden", get + "Forbidden"},
      {"http_proxy_login", get + "Proxy Authentication Required"},
      {"login", reading + "401 Unauthorized"},
      {"forbidden", reading + "403 Forbidden"},
      {"http_proxy_login", reading + "407 Proxy Authentication Required"},
      {"", reading + "451 Unavailable For Legal Reasons"},
      {"not_found", reading + "404 Not Found"},
      {"go_mod no_record", verifying + "lookup/a.b/c@v1.0.0: 404 Not Found\n\tserver response: x"},
      {"go_mod", verifying + "lookup/a.b/c@v1.0.0: 502 Bad Gateway"},
      {"go_mod", verifying + "tile/8/1/234: 404 Not Found"},
      {"go_mod sumdb_cache",
       "go: a.b/c@v1.0.0: verifying go.mod: a.b/c@v1.0.0/go.mod: malformed record data"},
      {"sumdb_cache", "go: a.b/c@v1.0.0: verifying module: a.b/c@v1.0.0: malformed record data"},
      {"in_the_way", "a.go:3:8: unzip /m/a.zip: mkdir /m/a.b/c@v1.0.0: file exists"},
      {"", "a.go:3:8: unzip /m/a.zip: mkdir /m/a.b/c@v1.0.0: not a directory"},
      {"proxy_off", "a.go:3:8: module lookup disabled by GOPROXY=off"},
      {"pseudo_version commit_time",
       "go: a.b/c@v0.0.0-20200101000000-abcdefabcdef: invalid pseudo-version: does not match "
       "version-control timestamp (expected 20200101000001)"},
      {"pseudo_version",
       "go: a.b/c@v0.0.0-20200101000000-abcdef: invalid pseudo-version: revision is shorter than "
       "canonical (expected abcdefabcdef)"},
      {"sumdb_off",
       "go: download go1.99.0: golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64: verifying "
       "module: checksum database disabled by GOSUMDB=off"},
      {"local_toolchain", "go: go.mod requires go >= 1.22 (running go 1.21.10; GOTOOLCHAIN=local)"},
      {"no_permission", "go: updating go.sum: open /src/go.sum: permission denied"},
      {"no_permission lost_use",
       "go: cannot load module a listed in go.work file: open a/go.mod: permission denied"},
      {"go_sum", "go: updates to go.sum needed, disabled by -mod=readonly"},
      {"", "go: updates to go.mod needed, disabled by -mod=readonly"},
      {"linker_symbol", "a.b/c.All: relocation target d.e/f.Answer not defined"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto all = patterns::diagnose(row.text);
    REQUIRE(all.size() == 1);
    CHECK(flags_of(all.front()) == row.flags);
  }
}

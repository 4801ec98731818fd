#include "shim/companion/version.hpp"

#include "patterns/matcher.hpp"
#include "patterns/rule_file.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/zip.hpp"

namespace shim {
namespace {

std::string commit_and_date() {
  const std::string commit = GOMEND_COMMIT, date = GOMEND_COMMIT_DATE;  // empty without git
  return commit.empty() ? "unknown" : commit + ", " + date;
}

// How many there are, and a short hash of all their text: two that show the same tell the same.
std::string rules() {
  std::string text;
  for (const patterns::RuleFile& file : patterns::rule_files()) text += file.text;
  const auto count = parse_rules(patterns::rule_files(), patterns::Examples::skip).rules.size();
  return std::to_string(count) + " rules (" + recovery::sha256_hex(text).substr(0, 12) + ")";
}

}  // namespace

std::string version_text() {
  return "gomend " GOMEND_VERSION " (" + commit_and_date() + ")\nOpenSSL " +
         recovery::linked_openssl() + ", zlib " + recovery::linked_zlib() + ", PCRE2 " +
         patterns::linked_pcre2() + "\n" + rules() + "\n";
}

}  // namespace shim

#include "recovery/advice/plan.hpp"

#include <array>

#include "recovery/os/text.hpp"

namespace recovery {
namespace {

using patterns::FailureClass;

constexpr std::string_view later =
    "{module}@{version}: download failed; temporary failure of its source; retry later";

// To add a reaction to a class: one row here; the rules that tell the class are in patterns/rules/.
// Only if no step fits, a new one in plan.hpp and what it does in recover.cpp.
constexpr std::array policies{
    Policy{FailureClass::gosum_mismatch, Step::other_source, ""},
    Policy{FailureClass::sumdb_mismatch, Step::other_source, ""},
    Policy{FailureClass::sumdb_unavailable, Step::other_source, ""},
    Policy{FailureClass::gosum_missing, Step::advise, ""},
    Policy{FailureClass::zip_corrupt, Step::other_source, ""},
    Policy{FailureClass::meta_corrupt, Step::mend, ""},
    Policy{FailureClass::tree_corrupt, Step::mend, ""},
    Policy{FailureClass::build_corrupt, Step::mend, ""},
    Policy{FailureClass::vcs_corrupt, Step::mend, ""},
    Policy{FailureClass::permission, Step::mend, ""},   // advice.cpp looks at owner and mode
    Policy{FailureClass::disk_full, Step::advise, ""},  // advice.cpp looks at the disks
    Policy{FailureClass::revision_unknown, Step::other_source, ""},
    Policy{FailureClass::module_not_found, Step::other_source, ""},
    Policy{FailureClass::timeout, Step::other_source, later},
    Policy{FailureClass::dns, Step::other_source, ""},
    Policy{FailureClass::refused, Step::other_source, later},
    Policy{FailureClass::reset, Step::other_source, later},
    Policy{FailureClass::tls, Step::other_source, ""},
    Policy{FailureClass::http_5xx, Step::other_source, later},
    Policy{FailureClass::http_429, Step::other_source, later},
    Policy{FailureClass::http2, Step::other_source, later},
    Policy{FailureClass::eof, Step::other_source, later},
    Policy{FailureClass::proxy_login, Step::other_source, ""},
    Policy{FailureClass::git_https, Step::advise, ""},
    Policy{FailureClass::git_ssh, Step::advise, ""},
    Policy{FailureClass::git_host_key, Step::advise, ""},
    Policy{FailureClass::repository_not_found, Step::advise, ""},
    Policy{FailureClass::not_required, Step::look_close, ""},
    Policy{FailureClass::lookup_disabled, Step::look_close, ""},
    Policy{FailureClass::updates_needed, Step::advise, ""},
    Policy{FailureClass::replace_missing, Step::advise, ""},
    Policy{FailureClass::path_mismatch, Step::advise, ""},
    Policy{FailureClass::ambiguous_import, Step::advise, ""},
    Policy{FailureClass::parse_error, Step::look_close, ""},
    Policy{FailureClass::go_version, Step::look_close, ""},
    Policy{FailureClass::gomod_other, Step::look_close, ""},
    Policy{FailureClass::toolchain_unavailable, Step::other_source, ""},
    Policy{FailureClass::compile, Step::look_close, ""},
    Policy{FailureClass::vet, Step::look_close, ""},
};

std::string replaced(std::string text, std::string_view name, const std::string& value) {
  for (std::size_t at; (at = text.find(name)) != text.npos && is_plain(value);) {
    text.replace(at, name.size(), value);
  }
  return text;
}

}  // namespace

const Policy& policy_of(FailureClass failure) {
  static constexpr Policy hands_off;
  for (const Policy& policy : policies) {
    if (policy.failure == failure) return policy;
  }
  return hands_off;
}

Advice advice_for(const Policy& policy, const patterns::Diagnosis& d) {
  std::string text = replaced(std::string(policy.advice), "{module}", d.module);
  text = replaced(std::move(text), "{version}", d.version);
  text = replaced(std::move(text), "{path}", d.path);
  text = replaced(std::move(text), "{package}", d.package);
  return text.find('{') == text.npos ? advice_in(text) : Advice();
}

}  // namespace recovery

#include "recovery/plan.hpp"

#include "recovery/advice.hpp"

#include <array>

namespace recovery {
namespace {

constexpr std::string_view later =
    "{module}@{version} can't be had from its source just now; nothing of yours is broken; no "
    "command mends it: try again later";

// To add a reaction to a class: one row here; the rules that tell the class are in patterns/rules/.
// Only if no step fits, a new one in plan.hpp and what it does in recover.cpp.
constexpr std::array policies{
    Policy{"checksum/gosum-mismatch", Step::other_source, ""},
    Policy{"checksum/sumdb-mismatch", Step::other_source, ""},
    Policy{"checksum/sumdb-unavailable", Step::other_source, ""},
    Policy{"checksum/gosum-missing", Step::advise, ""},
    Policy{"cache/zip-corrupt", Step::other_source, ""},
    Policy{"cache/meta-corrupt", Step::mend, ""},
    Policy{"cache/tree-corrupt", Step::mend, ""},
    Policy{"cache/build-corrupt", Step::mend, ""},
    Policy{"cache/vcs-corrupt", Step::mend, ""},
    Policy{"cache/permission", Step::mend, ""},   // advice.cpp looks at owner and mode
    Policy{"cache/disk-full", Step::advise, ""},  // advice.cpp looks at the disks
    Policy{"revision/unknown", Step::other_source, ""},
    Policy{"module/not-found", Step::other_source, ""},
    Policy{"network/timeout", Step::other_source, later},
    Policy{"network/dns", Step::other_source, ""},
    Policy{"network/refused", Step::other_source, later},
    Policy{"network/reset", Step::other_source, later},
    Policy{"network/tls", Step::other_source, ""},
    Policy{"network/http-5xx", Step::other_source, later},
    Policy{"network/http-429", Step::other_source, later},
    Policy{"network/http2", Step::other_source, later},
    Policy{"network/eof", Step::other_source, later},
    Policy{"auth/proxy-401-403", Step::other_source, ""},
    Policy{"auth/git-https", Step::advise, ""},
    Policy{"auth/git-ssh", Step::advise, ""},
    Policy{"auth/git-hostkey", Step::advise, ""},
    Policy{"auth/repo-not-found", Step::advise, ""},
    Policy{"module/no-required", Step::look_close, ""},
    Policy{"module/lookup-disabled", Step::look_close, ""},
    Policy{"gomod/updates-needed", Step::advise, ""},
    Policy{"gomod/replace-missing", Step::advise, ""},
    Policy{"gomod/path-mismatch", Step::advise, ""},
    Policy{"gomod/ambiguous-import", Step::advise, ""},
    Policy{"gomod/parse-error", Step::look_close, ""},
    Policy{"gomod/go-version", Step::look_close, ""},
    Policy{"gomod/other", Step::look_close, ""},
    Policy{"toolchain/unavailable", Step::other_source, ""},
    Policy{"other/compile", Step::look_close, ""},
    Policy{"other/vet", Step::look_close, ""},
};

std::string replaced(std::string text, std::string_view name, const std::string& value) {
  for (std::size_t at; (at = text.find(name)) != text.npos && is_plain(value);) {
    text.replace(at, name.size(), value);
  }
  return text;
}

}  // namespace

const Policy& policy_of(std::string_view class_id) {
  static constexpr Policy hands_off;
  for (const Policy& policy : policies) {
    if (policy.class_id == class_id) return policy;
  }
  return hands_off;
}

std::string advice_for(const Policy& policy, const patterns::Diagnosis& d) {
  std::string text = replaced(std::string(policy.advice), "{module}", d.module);
  text = replaced(std::move(text), "{version}", d.version);
  text = replaced(std::move(text), "{path}", d.path);
  text = replaced(std::move(text), "{package}", d.package);
  return text.find('{') == text.npos ? text : std::string();
}

}  // namespace recovery

#include "patterns/failure_class.hpp"

#include <algorithm>
#include <array>

namespace patterns {
namespace {

struct Row {
  std::string_view id;
  FailureClass failure;
  Family family;
};

// To add a class: an enumerator, and its row here.
constexpr std::array rows{
    Row{"checksum/gosum-mismatch", FailureClass::gosum_mismatch, Family::checksum},
    Row{"checksum/gosum-missing", FailureClass::gosum_missing, Family::checksum},
    Row{"checksum/sumdb-mismatch", FailureClass::sumdb_mismatch, Family::checksum},
    Row{"checksum/sumdb-unavailable", FailureClass::sumdb_unavailable, Family::checksum},
    Row{"cache/zip-corrupt", FailureClass::zip_corrupt, Family::cache},
    Row{"cache/meta-corrupt", FailureClass::meta_corrupt, Family::cache},
    Row{"cache/tree-corrupt", FailureClass::tree_corrupt, Family::cache},
    Row{"cache/build-corrupt", FailureClass::build_corrupt, Family::cache},
    Row{"cache/vcs-corrupt", FailureClass::vcs_corrupt, Family::cache},
    Row{"cache/permission", FailureClass::permission, Family::cache},
    Row{"cache/disk-full", FailureClass::disk_full, Family::cache},
    Row{"revision/unknown", FailureClass::revision_unknown, Family::revision},
    Row{"module/not-found", FailureClass::module_not_found, Family::module},
    Row{"module/no-required", FailureClass::not_required, Family::module},
    Row{"module/lookup-disabled", FailureClass::lookup_disabled, Family::module},
    Row{"network/timeout", FailureClass::timeout, Family::network},
    Row{"network/dns", FailureClass::dns, Family::network},
    Row{"network/refused", FailureClass::refused, Family::network},
    Row{"network/reset", FailureClass::reset, Family::network},
    Row{"network/tls", FailureClass::tls, Family::network},
    Row{"network/http-5xx", FailureClass::http_5xx, Family::network},
    Row{"network/http-429", FailureClass::http_429, Family::network},
    Row{"network/http2", FailureClass::http2, Family::network},
    Row{"network/eof", FailureClass::eof, Family::network},
    Row{"auth/proxy-401-403", FailureClass::proxy_login, Family::auth},
    Row{"auth/git-https", FailureClass::git_https, Family::auth},
    Row{"auth/git-ssh", FailureClass::git_ssh, Family::auth},
    Row{"auth/git-hostkey", FailureClass::git_host_key, Family::auth},
    Row{"auth/repo-not-found", FailureClass::repository_not_found, Family::auth},
    Row{"gomod/updates-needed", FailureClass::updates_needed, Family::gomod},
    Row{"gomod/vendor-inconsistent", FailureClass::vendor_inconsistent, Family::gomod},
    Row{"gomod/replace-missing", FailureClass::replace_missing, Family::gomod},
    Row{"gomod/path-mismatch", FailureClass::path_mismatch, Family::gomod},
    Row{"gomod/ambiguous-import", FailureClass::ambiguous_import, Family::gomod},
    Row{"gomod/retracted", FailureClass::retracted, Family::gomod},
    Row{"gomod/parse-error", FailureClass::parse_error, Family::gomod},
    Row{"gomod/go-version", FailureClass::go_version, Family::gomod},
    Row{"gomod/other", FailureClass::gomod_other, Family::gomod},
    Row{"toolchain/unavailable", FailureClass::toolchain_unavailable, Family::toolchain},
    Row{"other/compile", FailureClass::compile, Family::other},
    Row{"other/test", FailureClass::test, Family::other},
    Row{"other/run", FailureClass::run, Family::other},
    Row{"other/vet", FailureClass::vet, Family::other},
    Row{"other/usage", FailureClass::usage, Family::other},
    Row{"other/unrelated", FailureClass::unrelated, Family::other},
};

}  // namespace

std::optional<FailureClass> class_of_id(std::string_view id) {
  const auto* const row = std::ranges::find(rows, id, &Row::id);
  return row == rows.end() ? std::nullopt : std::optional(row->failure);
}

Family family_of(FailureClass failure) {
  const auto* const row = std::ranges::find(rows, failure, &Row::failure);
  return row == rows.end() ? Family::none : row->family;
}

}  // namespace patterns

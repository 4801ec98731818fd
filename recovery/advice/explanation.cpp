#include "recovery/advice/explanation.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "recovery/advice/plan.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/text.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::FailureClass;

// {m} is the module with its version, {path} the module alone, {host} a host; a command that names
// what the log does not is replaced by `else_next`.
struct Row {
  FailureClass failure;
  std::string_view summary, fix, next, else_next;
};

constexpr std::array rows{
    Row{FailureClass::gosum_mismatch,
        "checksum mismatch: {m} differs from go.sum; the module cache is corrupt, a source serves "
        "different content, or go.sum is wrong",
        "a good copy, if the cache or one source is at fault; if all sources and the checksum "
        "database agree against go.sum, correct go.sum (a moved tag, a bad merge)",
        "gomend verify --repair", "gomend verify --repair"},
    Row{FailureClass::sumdb_mismatch, "checksum mismatch: {m} differs from the checksum database",
        "a download from another source, if the cache is corrupt or a source serves different "
        "content; if all serve this, its tag was moved after publication: ask its authors",
        "gomend evict {m}", "gomend verify --repair"},
    Row{FailureClass::gosum_missing,
        "go.sum has no entry for {m}, and -mod=readonly prevents adding one",
        "add the missing entries with go, and commit go.sum", "go mod tidy", "go mod tidy"},
    Row{FailureClass::sumdb_unavailable, "the checksum database could not be asked about {m}",
        "retry; for a private module set GOPRIVATE, so that the database is not asked",
        "go mod download {m}", "go mod download"},
    Row{FailureClass::zip_corrupt,
        "the zip of {m} is corrupt, in the module cache or as it was served",
        "a good zip, from the extracted directory or from a source", "gomend evict {m}",
        "gomend verify --repair"},
    Row{FailureClass::meta_corrupt,
        "a .mod, .info, .ziphash or .lock file of {m} in the module cache is corrupt",
        "download that file again", "gomend evict {m}", "gomend verify --repair"},
    Row{FailureClass::tree_corrupt, "the extracted directory of {m} in the module cache is corrupt",
        "extract it again from the zip, and drop its package index", "gomend evict {m}",
        "gomend verify --repair"},
    Row{FailureClass::vcs_corrupt,
        "a clone in GOMODCACHE/cache/vcs is corrupt, or has a stale lock", "a fresh clone",
        "gomend verify --repair", "gomend verify --repair"},
    Row{FailureClass::permission,
        "permission denied in a cache: wrong owner or mode, or a read-only file system",
        "give the user that runs go access, or caches of his own", "gomend doctor",
        "gomend doctor"},
    Row{FailureClass::disk_full, "no space (or inodes) left on a disk",
        "free some space: go makes the build cache again", "go clean -cache", "go clean -cache"},
    Row{FailureClass::build_corrupt, "an entry of the build cache (GOCACHE) is corrupt",
        "remove that entry; go makes it again", "go clean -cache", "go clean -cache"},
    Row{FailureClass::revision_unknown, "unknown version of {path}",
        "use a version that exists, or push the missing tag", "go list -m -versions {path}",
        "gomend doctor --network"},
    Row{FailureClass::module_not_found,
        "{m} was not found: a wrong path, or a private module that was looked up at a public proxy",
        "correct the path; for a private module set GOPRIVATE, and credentials for its repository",
        "go env GOPROXY GOPRIVATE", "go env GOPROXY GOPRIVATE"},
    Row{FailureClass::not_required, "no module in go.mod provides an imported package",
        "add its module to go.mod", "go mod tidy", "go mod tidy"},
    Row{FailureClass::lookup_disabled,
        "{m} is needed, but GOPROXY=off, -mod=vendor or the like prevents the lookup",
        "fill the cache before, or remove the setting", "go mod download {m}", "go mod download"},
    Row{FailureClass::timeout, "a source of modules did not answer in time",
        "retry, or use another source", "go mod download {m}", "go mod download"},
    Row{FailureClass::dns, "no such host: the name of a source could not be resolved",
        "fix name resolution, or use another source", "gomend doctor --network",
        "gomend doctor --network"},
    Row{FailureClass::refused, "connection refused by a source of modules",
        "correct its address, or use another source", "gomend doctor --network",
        "gomend doctor --network"},
    Row{FailureClass::reset, "connection reset by a source", "retry, or use another source",
        "go mod download {m}", "go mod download"},
    Row{FailureClass::tls, "the certificate of a source was rejected",
        "install the CA certificate of your proxy, or correct the host name",
        "gomend doctor --network", "gomend doctor --network"},
    Row{FailureClass::http_5xx, "a source of modules failed (HTTP 5xx)",
        "retry, or use another source", "go mod download {m}", "go mod download"},
    Row{FailureClass::http_429, "a source of modules limits the rate of requests (HTTP 429)",
        "retry later, keep the cache between runs, or use another source", "go mod download {m}",
        "go mod download"},
    Row{FailureClass::http2, "HTTP/2 stream error of a source", "retry, or use another source",
        "go mod download {m}", "go mod download"},
    Row{FailureClass::eof, "unexpected end of a source's answer (EOF)",
        "retry, or use another source", "go mod download {m}", "go mod download"},
    Row{FailureClass::git_https,
        "authentication required: git has no credentials for {path} over https",
        "put a token into git's configuration or ~/.netrc", "git config --list --show-origin",
        "git config --list --show-origin"},
    Row{FailureClass::git_ssh, "ssh key rejected by the repository of {path}",
        "load a key that is registered there", "ssh-add -l", "ssh-add -l"},
    Row{FailureClass::git_host_key, "unknown ssh host key of the server of {path}",
        "check the key, and add it to known_hosts", "ssh-keyscan {host}", ""},
    Row{FailureClass::proxy_login, "a proxy refuses {m}: authentication required, or forbidden",
        "put credentials into ~/.netrc or GOAUTH, or use another source", "go env GOPROXY GOAUTH",
        "go env GOPROXY"},
    Row{FailureClass::repository_not_found,
        "the repository of {path} was not found, or these credentials have no access",
        "correct the path, or use credentials with access", "go env GOPRIVATE", "go env GOPRIVATE"},
    Row{FailureClass::updates_needed,
        "go.mod or go.sum needs updating, and -mod=readonly prevents it",
        "update the two files, and commit them", "go mod tidy", "go mod tidy"},
    Row{FailureClass::vendor_inconsistent, "vendor/modules.txt and go.mod are inconsistent",
        "make vendor again", "go mod vendor", "go mod vendor"},
    Row{FailureClass::replace_missing,
        "the target directory of a replace directive in go.mod does not exist",
        "check the directory out, or drop the directive", "go mod edit -json", "go mod edit -json"},
    Row{FailureClass::path_mismatch, "the go.mod of {m} declares another module path",
        "use that path in imports and go.mod; a fork needs a replace directive",
        "go mod edit -json", "go mod edit -json"},
    Row{FailureClass::ambiguous_import, "ambiguous import: two modules provide the same package",
        "drop one of them from go.mod, or use a newer version", "go mod tidy", "go mod tidy"},
    Row{FailureClass::retracted, "{m} was retracted by its authors; this is a warning",
        "use a newer version", "go list -m -versions {path}", "go list -m -u -retracted all"},
    Row{FailureClass::parse_error, "syntax error in go.mod, go.sum or go.work",
        "correct the line that go names; often a merge conflict (<<<<<<<)", "git diff --check",
        "git diff --check"},
    Row{FailureClass::go_version, "the go line of go.mod requires a newer Go, or is malformed",
        "install a newer Go, or lower the go line", "go version", "go version"},
    Row{FailureClass::gomod_other, "go rejects go.mod, go.sum, go.work or vendor",
        "correct what go's line names", "go mod tidy", "go mod tidy"},
    Row{FailureClass::toolchain_unavailable,
        "the Go toolchain that go.mod requires is not available",
        "install it, use GOTOOLCHAIN=auto and a source that has it, or lower the go line",
        "go env GOTOOLCHAIN GOPROXY", "go env GOTOOLCHAIN GOPROXY"},
};

// What the words of one's own faults are told as.
constexpr std::array<std::pair<FailureClass, std::string_view>, 6> own_faults{{
    {FailureClass::compile, "a compile error in this project"},
    {FailureClass::test, "a failing test"},
    {FailureClass::run, "a program that exited with a failure"},
    {FailureClass::vet, "a finding of go vet"},
    {FailureClass::usage, "a wrong command, flag or setting"},
    {FailureClass::unrelated, "not from go"},
}};

const Row* row_of(FailureClass failure) {
  const auto* const found =
      std::ranges::find_if(rows, [&](const Row& row) { return row.failure == failure; });
  return found == rows.end() ? nullptr : found;
}

// "/root/go/pkg/mod/github.com/a/b@v1.0.0/x.go", wherever that cache is: the first directory below
// which the rest names a module of some host.
std::optional<ModuleVersion> module_of_path(const std::string& path) {
  std::size_t at = path.find("/cache/download/");
  if (at != path.npos) {
    const auto located = locate(path.substr(0, at), path);
    return located ? std::optional(located->module) : std::nullopt;
  }
  const std::string absolute = path.starts_with("/") ? path : "/" + path;
  const auto clean = clean_path(absolute);
  if (!clean) return std::nullopt;
  for (at = 0; at != clean->npos && at < clean->find('@'); at = clean->find('/', at + 1)) {
    const auto located = locate(clean->substr(0, at), *clean);
    const std::string host =
        located ? located->module.path().substr(0, located->module.path().find('/'))
                : std::string();
    const bool is_host = host.find('.') != host.npos && !host.starts_with(".");
    if (is_host) return located->module;
  }
  return std::nullopt;
}

// "https://host/prefix/example.com/a/@v/v1.0.0.zip"
std::optional<ModuleVersion> module_of_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = scheme == url.npos ? scheme : url.find('/', scheme + 3);
  if (at == url.npos || url.find("/@v/") == url.npos) return std::nullopt;
  return module_of_path("/cache/download" + url.substr(at));
}

void name_module(const std::vector<Diagnosis>& all, Explanation& e) {
  for (const Diagnosis& d : all) {
    if (d.class_id != all.front().class_id) continue;
    auto m = ModuleVersion::parse(d.module, d.version);
    if (!m) m = module_of_path(d.path);
    if (!m) m = module_of_url(d.host);
    if (m) {
      e.module = m->path();
      e.version = m->version();
      return;
    }
    if (e.module.empty() && is_module_path(d.module)) e.module = d.module;
  }
}

std::string filled(std::string_view text, const Explanation& e, const Diagnosis& d,
                   bool is_command) {
  std::string result(text);
  const auto put = [&](std::string_view name, const std::string& value, std::string_view other) {
    for (std::size_t at; (at = result.find(name)) != result.npos;) {
      if (value.empty() && is_command) return false;
      result.replace(at, name.size(), value.empty() ? std::string(other) : value);
    }
    return true;
  };
  const std::string both = e.version.empty() ? "" : e.module + "@" + e.version;
  const std::string host = is_plain(d.host) ? d.host : "";
  const bool is_full = put("{m}", both.empty() && !is_command ? e.module : both, "a module") &&
                       put("{path}", e.module, "a module") && put("{host}", host, "the server");
  return is_full ? result : std::string();
}

}  // namespace

std::string Explanation::advice() const {
  std::string text = summary;
  if (!fix.empty()) text += "; fix: " + fix;
  return with_next(text, command);
}

bool has_summary(FailureClass failure) {
  return row_of(failure) != nullptr;
}

Explanation explain(const std::vector<Diagnosis>& all) {
  Explanation e;
  e.summary = "no failure of go's caches, sources or settings in this log";
  if (all.empty()) return e;
  const Diagnosis& d = all.front();
  e.line = redacted(d.line);
  if (!d.advice.empty()) {
    name_module(all, e);
    e.class_id = d.class_id;
    e.remedy = name_of(d.remedy);
    const Advice advice = advice_for({d.failure, Step::advise, d.advice}, d);
    e.summary = advice.words;
    e.command = advice.next;
    return e;
  }
  const Row* row = row_of(d.failure);
  if (row == nullptr) {
    for (const auto& [failure, words] : own_faults) {
      if (failure == d.failure)
        e.summary = std::string(words) + "; not a failure of go's caches, sources or settings";
    }
    return e;
  }
  name_module(all, e);
  e.remedy = name_of(d.remedy);
  e.may = names_of(d.may);
  e.class_id = d.class_id;
  if (d.failure == FailureClass::retracted)
    e.class_id = "none";  // a warning: nothing has failed by it
  e.summary = filled(row->summary, e, d, false);
  e.fix = filled(row->fix, e, d, false);
  e.command = filled(row->next, e, d, true);
  if (e.command.empty()) e.command = filled(row->else_next, e, d, true);
  const Step step = policy_of(d.failure).step;
  e.is_repaired_by_shim = step == Step::mend || step == Step::other_source;
  return e;
}

}  // namespace recovery

#include "recovery/explanation.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "recovery/advice.hpp"
#include "recovery/layout.hpp"
#include "recovery/plan.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

// {m} is the module with its version, {path} the module alone, {host} a host; a command that names
// what the log does not is replaced by `else_next`.
struct Row {
  std::string_view class_id, story, heals, next, else_next;
};

constexpr std::array rows{
    Row{"checksum/gosum-mismatch",
        "go got other bytes for {m} than go.sum records: a damaged copy in the module cache, a "
        "source that serves something else, or a go.sum that is wrong",
        "the good copy, if the cache or one source is at fault; if every source and the checksum "
        "database have other bytes, go.sum (a moved tag, a bad merge)",
        "gomend verify --repair", "gomend verify --repair"},
    Row{"checksum/sumdb-mismatch",
        "go got other bytes for {m} than the checksum database has on record",
        "a fetch from another source, if the cache is damaged or a source serves something else; "
        "if all serve this, the tag was moved after it was published: ask its authors",
        "gomend evict {m}", "gomend verify --repair"},
    Row{"checksum/gosum-missing",
        "go.sum has no line for {m}, and -mod=readonly forbids to add one",
        "the lines that are missing, added by go and committed", "go mod tidy", "go mod tidy"},
    Row{"checksum/sumdb-unavailable", "the checksum database could not be asked about {m}",
        "another try; for a private module GOPRIVATE, so that its name is not asked there at all",
        "go mod download {m}", "go mod download"},
    Row{"cache/zip-corrupt", "the zip of {m} is damaged, in the module cache or as it was served",
        "a good zip, from the cache's own tree or from a source", "gomend evict {m}",
        "gomend verify --repair"},
    Row{"cache/meta-corrupt",
        "a small file of {m} in the module cache (.mod, .info, .ziphash, .lock) is damaged",
        "that file, fetched again", "gomend evict {m}", "gomend verify --repair"},
    Row{"cache/tree-corrupt", "the extracted files of {m} in the module cache are not all there",
        "the files, unpacked again from the zip; go's index of them goes, too", "gomend evict {m}",
        "gomend verify --repair"},
    Row{"cache/vcs-corrupt",
        "a clone that go keeps in GOMODCACHE/cache/vcs is damaged, or a lock was left in it",
        "a fresh clone in its place", "gomend verify --repair", "gomend verify --repair"},
    Row{"cache/permission",
        "go may not read or write in a cache: wrong owner or mode, or a "
        "read-only file system",
        "rights for the user that runs go, or caches of his own", "gomend doctor", "gomend doctor"},
    Row{"cache/disk-full", "a disk is full, or has no inodes left",
        "room: the build cache can be spared, go makes it again", "go clean -cache",
        "go clean -cache"},
    Row{"cache/build-corrupt", "an entry of the build cache (GOCACHE) is damaged",
        "that entry, made again by go", "go clean -cache", "go clean -cache"},
    Row{"revision/unknown", "no source knows the version of {path} that is asked for",
        "a version that exists; or the tag that was forgotten to push",
        "go list -m -versions {path}", "go mod tidy"},
    Row{"module/not-found",
        "no source has {m}: a wrong name, or a private module that is asked "
        "for at a public proxy",
        "the right name; for a private module GOPRIVATE, and a login to its repository",
        "go env GOPROXY GOPRIVATE", "go env GOPROXY GOPRIVATE"},
    Row{"module/no-required", "a package is imported that no module in go.mod provides",
        "its module in go.mod", "go mod tidy", "go mod tidy"},
    Row{"module/lookup-disabled",
        "{m} is wanted, and GOPROXY=off, -mod=vendor or the like forbids "
        "to look for it",
        "a cache that has been filled before; or the setting lifted", "go mod download {m}",
        "go mod download"},
    Row{"network/timeout", "a source of modules did not answer in time",
        "another try, or another source", "go mod download {m}", "go mod download"},
    Row{"network/dns", "the name of a source could not be looked up",
        "a name server that answers; or another source", "gomend doctor --network",
        "gomend doctor --network"},
    Row{"network/refused", "nobody listens where a source of modules should be",
        "the right address, or another source", "gomend doctor --network",
        "gomend doctor --network"},
    Row{"network/reset", "a source broke the connection off", "another try, or another source",
        "go mod download {m}", "go mod download"},
    Row{"network/tls", "a source's certificate is not trusted here, or is not its own",
        "the certificate of a company's own proxy, installed; or its right name",
        "gomend doctor --network", "gomend doctor --network"},
    Row{"network/http-5xx", "a source of modules has a failure of its own",
        "another try, or another source", "go mod download {m}", "go mod download"},
    Row{"network/http-429", "a source of modules finds that it is asked too often",
        "another try later, a cache that is kept between runs, or another source",
        "go mod download {m}", "go mod download"},
    Row{"network/http2", "a source broke off an HTTP/2 stream", "another try, or another source",
        "go mod download {m}", "go mod download"},
    Row{"network/eof", "a source's answer ended too early", "another try, or another source",
        "go mod download {m}", "go mod download"},
    Row{"auth/git-https", "git has no login for the repository of {path} over https",
        "a token in git's configuration or ~/.netrc", "git config --list --show-origin",
        "git config --list --show-origin"},
    Row{"auth/git-ssh", "ssh has no key that the repository of {path} takes",
        "a key that is loaded and known there", "ssh-add -l", "ssh-add -l"},
    Row{"auth/git-hostkey", "ssh does not know the host key of the server of {path}",
        "the key, checked and added to known_hosts", "ssh-keyscan {host}", ""},
    Row{"auth/proxy-401-403", "a proxy refuses {m}: no login, or not allowed",
        "a login in ~/.netrc or GOAUTH, or another source", "go env GOPROXY GOAUTH",
        "go env GOPROXY"},
    Row{"auth/repo-not-found",
        "the repository of {path} is not there, or is hidden from this login",
        "the right name, or a login that may see it", "go env GOPRIVATE", "go env GOPRIVATE"},
    Row{"gomod/updates-needed",
        "go.mod or go.sum is not up to date, and -mod=readonly forbids to "
        "change it",
        "the two files brought up to date, and committed", "go mod tidy", "go mod tidy"},
    Row{"gomod/vendor-inconsistent", "vendor/modules.txt and go.mod do not say the same",
        "vendor, made again", "go mod vendor", "go mod vendor"},
    Row{"gomod/replace-missing",
        "a replace directive of go.mod points to a directory that is not "
        "there",
        "the directory, checked out too; or the directive dropped", "go mod edit -json",
        "go mod edit -json"},
    Row{"gomod/path-mismatch", "{m} calls itself by another name in its own go.mod",
        "that name, in imports and go.mod; a fork needs a replace directive", "go mod edit -json",
        "go mod edit -json"},
    Row{"gomod/ambiguous-import", "two modules provide the same package",
        "one of them dropped from go.mod, or a newer version", "go mod tidy", "go mod tidy"},
    Row{"gomod/retracted", "{m} was retracted by its authors; nothing has failed by it",
        "a newer version", "go get {path}@latest", "go list -m -u -retracted all"},
    Row{"gomod/parse-error", "go.mod, go.sum or go.work can't be read as such",
        "the line that go names; marks of a merge (<<<<<<<) are often there", "git diff --check",
        "git diff --check"},
    Row{"gomod/go-version", "the go line of go.mod asks for a newer Go, or is not well-formed",
        "a newer Go, or a lower go line", "go version", "go version"},
    Row{"gomod/other", "go does not accept go.mod, go.sum, go.work or vendor as they are",
        "what go's line names", "go mod tidy", "go mod tidy"},
    Row{"toolchain/unavailable", "the Go toolchain that go.mod asks for can't be had",
        "that Go installed, GOTOOLCHAIN=auto and a source that has it, or a lower go line",
        "go env GOTOOLCHAIN GOPROXY", "go env GOTOOLCHAIN GOPROXY"},
};

// What the words of one's own faults are told as.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> own_faults{{
    {"other/compile", "a compile error in the code"},
    {"other/test", "a test that fails"},
    {"other/run", "a program that ended by itself with a failure"},
    {"other/vet", "a finding of go vet"},
    {"other/usage", "a command or a setting that go does not know"},
    {"other/unrelated", "something that is not go's"},
}};

const Row* row_of(std::string_view class_id) {
  const auto* const found =
      std::ranges::find_if(rows, [&](const Row& row) { return row.class_id == class_id; });
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
  std::string text = story;
  if (!heals.empty()) text += "; it needs " + heals;
  if (!command.empty()) text += "; next: " + command;
  return text;
}

bool has_story(const std::string& class_id) {
  return row_of(class_id) != nullptr;
}

Explanation explain(const std::vector<Diagnosis>& all) {
  Explanation e;
  if (all.empty()) {
    e.story = "no failure of go's caches, sources or settings in this log";
    return e;
  }
  const Diagnosis& d = all.front();
  e.line = d.line;
  if (!d.advice.empty()) {
    name_module(all, e);
    e.class_id = d.class_id;
    e.remedy = d.remedy;
    const std::string words = advice_for({d.class_id, Step::advise, d.advice}, d);
    const std::size_t next = words.find("; next: ");
    e.story = words.substr(0, next);
    if (next != words.npos) e.command = words.substr(next + 8);
    return e;
  }
  const Row* row = row_of(d.class_id);
  if (row == nullptr) {
    e.story = "no failure of go's caches, sources or settings in this log";
    for (const auto& [class_id, words] : own_faults) {
      if (class_id == d.class_id)
        e.story = "this is " + std::string(words) +
                  ", and no fault of "
                  "go's caches, sources or settings";
    }
    return e;
  }
  name_module(all, e);
  e.remedy = d.remedy;
  e.may = d.may;
  e.class_id = d.class_id;
  if (d.class_id == "gomod/retracted") e.class_id = "none";  // a warning: nothing has failed by it
  e.story = filled(row->story, e, d, false);
  e.heals = filled(row->heals, e, d, false);
  e.command = filled(row->next, e, d, true);
  if (e.command.empty()) e.command = filled(row->else_next, e, d, true);
  const Step step = policy_of(d.class_id).step;
  e.is_healed_by_shim = step == Step::mend || step == Step::other_source;
  return e;
}

}  // namespace recovery

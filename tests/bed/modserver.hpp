#pragma once
// The tests' side of tests/modserver: GOPROXYs with faults, checksum databases, git repositories,
// and Go's own h1. One modserver runs per test process; it is built with the first go that is found
// when its sources have changed, and starts when it is first needed. Source of truth for the
// faults: tests/modserver/faults.go.
//
// Example: Source proxy; proxy.fault({.match = "alpha/@v/.*zip$", .kind = "status", .status = 502,
// .times = 1});
//          env["GOPROXY"] = proxy.url() + ",off";  …  CHECK(proxy.log().size() == 1);

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "recovery/settings/request.hpp"

namespace tests {

struct Fault {
  std::string match = {};  // regular expression on the path below the service; empty: all
  std::string kind =
      {};  // status body html empty reset silence redirect | truncate drop stall slow wrong
  int status = 0;
  int bytes = 0;
  std::string body = {};
  int times = 0;    // 0: for ever
  int percent = 0;  // of the requests, at random; 0: all
  int seconds = 0;  // from now; 0: for ever
  int spares = 0;   // requests a second that it leaves alone
};

struct Request {
  std::string path;  // below the service, escaped as on disk: "github.com/acme/alpha/@v/list"
  int status;        // 0: cut before any
};

/// A checksum database of one test's own.
class Sumdb {
 public:
  Sumdb(std::string name, std::string key, std::string url);

  [[nodiscard]] const std::string& name() const { return name_; }  // "sumdb1.example.org"
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& key() const {
    return key_;
  }  // for GOSUMDB, reached through proxies
  [[nodiscard]] std::string with_url() const {
    return key_ + " " + url_;
  }  // for GOSUMDB, reached directly

  /// "status" 404 is "says no", "reset" is "away".
  void fault(const Fault& fault) const;
  void clear() const;
  [[nodiscard]] std::vector<Request> log() const;

  /// From now on another tree with the same key: what a database does that shows two faces.
  void fork() const;

 private:
  std::string name_, key_, url_;
};

/// One GOPROXY, fresh: no faults, an empty log.
class Source {
 public:
  Source();

  [[nodiscard]] std::string url() const;
  /// The same source by HTTP/2, for who trusts certificate().
  [[nodiscard]] std::string secure_url() const;
  void fault(const Fault& fault) const;
  /// Faults and log.
  void clear() const;
  void clear_log() const;
  [[nodiscard]] std::vector<Request> log() const;
  /// "200 github.com/acme/alpha/@v/list", one a line.
  [[nodiscard]] std::string log_text() const;

  /// Serves modules from these directories (<escaped path>@<version>/) rather than the world's,
  /// where they have one.
  void serve_first(const std::vector<std::filesystem::path>& directories) const;
  /// Whether /sumdb/NAME/supported is answered with 200; 404 at first.
  void pass_sumdbs_on(bool yes) const;
  /// A database of what this source serves; `lies` gives another h1 for "M@V" or "M@V/go.mod" ("":
  /// none at all).
  [[nodiscard]] Sumdb sumdb(const std::map<std::string, std::string>& lies = {}) const;

 private:
  std::string name_;  // "p7"
};

/// The modserver's address; its /git/NAME.git are the repositories below. As HTTP_PROXY and
/// HTTPS_PROXY it answers any host's ?go-get=1 page (http only: GOINSECURE) with the repository
/// named as the import path.
[[nodiscard]] std::string modserver_url();

/// For SSL_CERT_FILE.
[[nodiscard]] std::filesystem::path certificate();

/// Commits files (replacing what was there) to branch main of a repository, tags the commit if
/// `tag` is not empty, and makes the repository if there is none. Gives the commit's hash.
std::string commit_to_git(const std::string& name, const std::map<std::string, std::string>& files,
                          const std::string& tag);

/// Where the bare repositories lie: git_root() / "NAME.git".
[[nodiscard]] std::filesystem::path git_root();

void git_fault(const Fault& fault);
void git_clear();

/// Go's h1 of a zip or a go.mod (any name that is not .zip).
[[nodiscard]] std::string h1_of(const std::filesystem::path& file);
/// Go's h1 of a tree of module "M@V".
[[nodiscard]] std::string h1_of_tree(const std::filesystem::path& tree, const std::string& module);

/// Writes the zip of a module of the world.
void write_zip(const std::string& module, const std::filesystem::path& to);
/// Changes a zip in place: "edited" (same names, other content) or "empty" (valid, no entries).
void rezip(const std::filesystem::path& zip, const std::string& kind);

}  // namespace tests

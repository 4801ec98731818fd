// `gomend doctor`: each seeded fault is found, by its id and with a command; of healthy set-ups
// nothing is said. Where root would not notice a fault, the question is asked as another user.

#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "recovery/os/text.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

// A bed as a careful person has it: verification is on, gomend is first on PATH.
struct Clinic {
  explicit Clinic(const Go& go, const BedOptions& options = {}) : bed(go, options) {
    bed.env.erase("GOSUMDB");
    bed.env.erase("GOFLAGS");
    bed.env["GOENV"] = (bed.tmp / "goenv").string();
  }

  void set(const std::string& name, const std::string& value) { bed.env[name] = value; }
  void append(const std::string& file, const std::string& text) const {
    write_file(bed.app / file, read_file(bed.app / file) + text);
  }

  [[nodiscard]] Ran doctor(const Args& args = {"--json"}) const {
    Args all = {"doctor"};
    all.insert(all.end(), args.begin(), args.end());
    if (!as_other) return bed.companion(all, {.cwd = cwd});
    Args as = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
               gomend_binary};
    as.insert(as.end(), all.begin(), all.end());
    RunOptions options{.env = bed.env, .cwd = bed.app};
    options.env["PATH"] = bed.shim.parent_path().string() + ":" + bed.env.at("PATH");
    return run(as, options);
  }

  Bed bed;
  fs::path cwd = {};
  bool as_other = false;
};

std::set<std::string> ids_of(const Ran& ran, bool bad_only = false) {
  std::set<std::string> ids;
  for (const Json& remark : Json::parse(ran.out)["remarks"].elements()) {
    if (remark["level"] == "bad" || (!bad_only && remark["level"] == "poor"))
      ids.insert(remark["id"].text());
  }
  return ids;
}

std::string joined(const std::set<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += id + " ";
  return text;
}

struct Seed {
  std::string id;
  std::function<void(Clinic&)> make;
  bool other_user = false;  // root would not notice
  int since = 0;            // minor version of Go
};

const std::string alpha = "github.com/acme/alpha";

std::vector<Seed> seeds() {
  const auto env = [](const std::string& name, const std::string& value) {
    return [=](Clinic& c) { c.set(name, value); };
  };
  const auto env_file = [](const std::string& line) {
    return [=](Clinic& c) { write_file(c.bed.tmp / "goenv", line + "\n"); };
  };
  return {
      // PATH and the go behind
      {"path/shim-not-first",
       [](Clinic& c) {
         fs::remove(c.bed.shim);
         c.set("PATH", c.bed.env["PATH"] + ":" + (c.bed.root / "late").string());
         fs::create_directories(c.bed.root / "late");
         fs::copy_file(gomend_binary, c.bed.root / "late/go", fs::copy_options::overwrite_existing);
       }},
      {"path/no-shim", [](Clinic& c) { fs::remove(c.bed.shim); }},
      {"path/shim-is-link",
       [](Clinic& c) {
         fs::remove(c.bed.shim);
         fs::create_symlink(gomend_binary, c.bed.shim);
       }},
      {"path/relative", [](Clinic& c) { c.set("PATH", c.bed.env["PATH"] + ":bin"); }},
      {"path/off", env("GOMEND", "off")},
      {"go/env-fails",
       [](Clinic& c) {
         write_file(c.bed.tmp / "go", "#!/bin/sh\nexit 0\n");
         fs::permissions(c.bed.tmp / "go", fs::perms{0755});
         c.set("GOMEND_REAL_GO", (c.bed.tmp / "go").string());
       }},
      {"go/named", env("GOMEND_REAL_GO", "/nosuch/go")},
      // caches
      {"modcache/no-directory",
       [](Clinic& c) {
         write_file(c.bed.tmp / "file", "");
         c.set("GOMODCACHE", (c.bed.tmp / "file").string());
       }},
      {"modcache/dangling",
       [](Clinic& c) {
         fs::create_symlink("/nosuch", c.bed.tmp / "link");
         c.set("GOMODCACHE", (c.bed.tmp / "link").string());
       }},
      {"modcache/open-to-all",
       [](Clinic& c) {
         fs::create_directories(c.bed.tmp / "mod");
         fs::permissions(c.bed.tmp / "mod", fs::perms::all);
         c.set("GOMODCACHE", (c.bed.tmp / "mod").string());
       }},
      {"modcache/not-makeable",
       [](Clinic& c) { c.set("GOMODCACHE", (c.bed.home / "new/mod").string()); }, true},
      {"modcache/in-project",
       [](Clinic& c) {
         fs::create_directories(c.bed.app / "gopath/pkg/mod");
         c.set("GOMODCACHE", (c.bed.app / "gopath/pkg/mod").string());
       }},
      {"modcache/closed", [](Clinic&) {}, true},
      {"buildcache/off", env("GOCACHE", "off")},
      {"buildcache/no-directory",
       [](Clinic& c) {
         write_file(c.bed.tmp / "file", "");
         c.set("GOCACHE", (c.bed.tmp / "file").string());
       }},
      {"buildcache/closed", [](Clinic&) {}, true},
      {"buildcache/in-modcache",
       [](Clinic& c) {
         c.set("GOCACHE", (c.bed.gomodcache / "cache/build").string());
         fs::create_directories(c.bed.gomodcache / "cache/build");
       }},
      {"tmp/absent", env("GOTMPDIR", "/nosuch")},
      {"tmp/absent", env("TMPDIR", "/nosuch")},
      {"tmp/noexec", env("GOTMPDIR", "NOEXEC")},
      {"tmp/closed", [](Clinic& c) { fs::permissions(c.bed.tmp, fs::perms{0755}); }, true},
      {"sumdb/no-directory", [](Clinic& c) { write_file(c.bed.gopath / "pkg/sumdb", ""); }},
      {"sumdb/head",
       [](Clinic& c) {
         const std::string name = c.bed.go({"env", "GOSUMDB"}).out;
         write_file(c.bed.gopath / "pkg/sumdb" / name.substr(0, name.find('\n')) / "latest",
                    "junk");
       }},
      // settings
      {"settings/sumdb-off", env("GOSUMDB", "off")},
      {"settings/sumdb-off", env_file("GOSUMDB=off")},
      {"settings/sumdb-key", env("GOSUMDB", "sums.corp.example")},
      {"settings/nosumdb-all", env("GONOSUMDB", "*")},
      {"settings/private-all", env("GOPRIVATE", "git.corp.example,*")},
      {"settings/noproxy-all", env_file("GONOPROXY=github.com")},
      {"settings/insecure", env("GOINSECURE", "git.corp.example")},
      {"settings/nosumcheck", env("GONOSUMCHECK", "1")},
      {"settings/vcs-off", env("GOVCS", "*:off")},
      {"settings/proxy-empty", env("GOPROXY", ",")},
      {"settings/proxy-scheme", env("GOPROXY", "proxy.corp.example,direct")},
      {"settings/proxy-scheme-unknown", env("GOPROXY", "ftp://proxy.corp.example")},
      {"settings/proxy-http", env("GOPROXY", "http://proxy.corp.example")},
      {"settings/proxy-file", env("GOPROXY", "file:///nosuch")},
      {"settings/proxy-password", env("GOPROXY", "https://me:secret@proxy.corp.example")},
      {"settings/proxy-behind-end", env("GOPROXY", "direct,https://proxy.corp.example")},
      {"settings/proxy-off",
       [](Clinic& c) {
         c.bed.env.erase("GOPROXY");
         write_file(c.bed.tmp / "goenv", "GOPROXY=off\n");
       }},
      {"settings/proxy-comma", env("GOPROXY", "https://one.corp.example,https://two.corp.example")},
      {"settings/flags-mod", env("GOFLAGS", "-mod=mod")},
      {"settings/flags-mod", env_file("GOFLAGS=-mod=mod")},
      {"settings/flags-vendor", env("GOFLAGS", "-mod=vendor")},
      {"settings/flags-modfile", env("GOFLAGS", "-modfile=/nosuch/go.mod")},
      {"go/env-fails", env("GOFLAGS", "mod=mod")},
      {"settings/modules-off", env("GO111MODULE", "off")},
      {"settings/modules-auto", env("GO111MODULE", "auto")},
      {"settings/work-absent", env("GOWORK", "/nosuch/go.work")},
      {"settings/toolchain-unknown", env("GOTOOLCHAIN", "newest"), false, 21},
      {"settings/debug", env("GODEBUG", "http2client=0,cmdgonetlimit=0")},
      {"settings/goroot", env("GOROOT", "/nosuch")},
      {"settings/gopath-go-mod",
       [](Clinic& c) { write_file(c.bed.gopath / "go.mod", "module x\n"); }},
      {"settings/gobin-relative", env("GOBIN", "bin")},
      {"settings/certificates", env("SSL_CERT_FILE", "/nosuch/ca.pem")},
      {"settings/env-file-open",
       [](Clinic& c) {
         write_file(c.bed.tmp / "goenv", "GOBIN=/x\n");
         fs::permissions(c.bed.tmp / "goenv", fs::perms{0666});
       }},
      {"settings/cache-program", env("GOCACHEPROG", "/nosuch/prog"), false, 24},
      // the project
      {"project/conflict",
       [](Clinic& c) {
         c.append("go.sum",
                  "<<<<<<< HEAD\na v1.0.0 h1:x\n=======\na v1.0.1 h1:y\n>>>>>>> theirs\n");
       }},
      {"project/go-sum-absent", [](Clinic& c) { fs::remove(c.bed.app / "go.sum"); }},
      {"project/go-sum-missing",
       [](Clinic& c) {
         std::istringstream in(read_file(c.bed.app / "go.sum"));
         std::string kept;
         for (std::string line; std::getline(in, line);) {
           if (!line.starts_with(alpha + " ")) kept += line + "\n";
         }
         write_file(c.bed.app / "go.sum", kept);
       }},
      {"project/go-sum-malformed",
       [](Clinic& c) { c.append("go.sum", "github.com/a/b v1.0.0\n"); }},
      {"project/go-sum-hash",
       [](Clinic& c) { c.append("go.sum", "github.com/a/b v1.0.0 h1:short\n"); }},
      {"project/go-sum-two",
       [](Clinic& c) {
         c.append("go.sum", alpha + " v1.1.0 h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=\n");
       }},
      {"project/go-sum-unreadable",
       [](Clinic& c) {
         fs::remove(c.bed.app / "go.sum");
         fs::create_directory(c.bed.app / "go.sum");
       }},
      {"project/private-host",
       [](Clinic& c) {
         c.append("go.mod", "\nrequire git.corp.example/team/lib v1.0.0 // indirect\n");
       }},
      {"project/replace-missing",
       [](Clinic& c) { c.append("go.mod", "\nreplace " + alpha + " => ../nosuch\n"); }},
      {"project/replace-local",
       [](Clinic& c) {
         fs::create_directories(c.bed.app / ".git");
         write_file(c.bed.tmp / "alpha/go.mod", "module " + alpha + "\n");
         c.append("go.mod", "\nreplace " + alpha + " => " + (c.bed.tmp / "alpha").string() + "\n");
       }},
      {"project/vendor",
       [](Clinic& c) {
         write_file(c.bed.app / "vendor/modules.txt",
                    "# " + alpha + " v1.0.0\n## explicit; go 1.17\n" + alpha + "\n");
       }},
      {"project/toolchain",
       [](Clinic& c) {
         c.set("GOTOOLCHAIN", "local");
         std::string text = read_file(c.bed.app / "go.mod");
         const auto at = text.find("\ngo 1.");
         text.replace(at, text.find('\n', at + 1) - at, "\ngo 1.99");
         write_file(c.bed.app / "go.mod", text);
       }},
      {"project/work-use",
       [](Clinic& c) { write_file(c.bed.app / "go.work", "go 1.19\n\nuse ./nosuch\n"); }},
      {"project/stray-go-mod",
       [](Clinic& c) {
         write_file(c.bed.home / "go.mod", "module home\n");
         fs::create_directories(c.bed.home / "src/new");
         c.cwd = c.bed.home / "src/new";
       }},
      {"rules", [](Clinic& c) { write_file(c.bed.home / ".config/gomend/rules/mine.toml", "]"); }},
      {"state",
       [](Clinic& c) {
         fs::create_directories(c.bed.home / ".local/state/gomend");
         fs::permissions(c.bed.home / ".local/state/gomend", fs::perms{0777});
       }},
  };
}

// A directory that this user may write to, on a file system that has the flag; empty if none is
// mounted here.
std::string mounted(unsigned long flag) {
  std::ifstream mounts("/proc/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, directory, type;
    words >> device >> directory >> type;
    struct statvfs facts;
    if (type == "tmpfs" && statvfs(directory.c_str(), &facts) == 0 && (facts.f_flag & flag) != 0 &&
        (facts.f_flag & ST_RDONLY) == 0 && access(directory.c_str(), W_OK) == 0)
      return directory;
  }
  return {};
}

// What stands for a mount is put in; false: there is none here.
bool resolve_mounts(Clinic& c) {
  for (auto& [name, value] : c.bed.env) {
    if (value == "NOEXEC") value = mounted(ST_NOEXEC);
    if (value.empty()) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("doctor: each seeded fault is found", "[e2e]") {
  const Go& go = gos().back();
  for (const Seed& seed : seeds()) {
    if (seed.since > go.minor) continue;
    DYNAMIC_SECTION(seed.id) {
      Clinic clinic(go);
      seed.make(clinic);
      if (!resolve_mounts(clinic)) return skip("needs a mount that is noexec");
      clinic.as_other = seed.other_user;
      if (seed.other_user && (geteuid() != 0 || !fs::exists("/usr/bin/setpriv")))
        return skip("needs root and setpriv");
      const Ran ran = clinic.doctor();
      INFO(joined(ids_of(ran)) << ran.err);
      const auto ids = ids_of(ran);
      CHECK(ids.contains(seed.id));
      CHECK(ran.code() == (ids_of(ran, true).empty() ? 0 : 1));
    }
  }
}

TEST_CASE("doctor: there are forty kinds of fault and more among the seeds") {
  std::set<std::string> ids;
  for (const Seed& seed : seeds()) ids.insert(seed.id);
  CHECK(ids.size() >= 40);
}

TEST_CASE("doctor: of a healthy set-up nothing is said", "[e2e]") {
  struct Row {
    std::string name;
    std::function<void(Clinic&)> make;
    BedOptions options = {};
  };
  const Row rows[] = {
      {"as it is", [](Clinic&) {}},
      {"empty caches", [](Clinic&) {}, {.modules = Modules::empty, .builds = Builds::empty}},
      {"caches that are not there yet",
       [](Clinic& c) {
         c.set("GOMODCACHE", (c.bed.tmp / "new/mod").string());
         c.set("GOCACHE", (c.bed.tmp / "new/build").string());
       }},
      {"a company: GOPRIVATE, its proxy behind https, a pipe",
       [](Clinic& c) {
         c.set("GOPRIVATE", "*.corp.example,github.com/ourselves");
         c.set("GOPROXY", "https://proxy.corp.example|direct");
         c.append("go.mod", "\nrequire git.corp.example/lib v1.0.0 // indirect\n");
         c.append("go.sum",
                  "git.corp.example/lib v1.0.0/go.mod "
                  "h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=\n");
       }},
      {"go's own list, set by hand",
       [](Clinic& c) { c.set("GOPROXY", "https://proxy.example.org,direct"); }},
      {"a workspace",
       [](Clinic& c) {
         write_file(c.bed.app / "go.work", "go 1.19\n\nuse .\nuse ./tool\n");
         write_file(c.bed.app / "tool/go.mod", "module example.com/tool\n\ngo 1.19\n");
       }},
      {"a vendor directory",
       [](Clinic& c) {
         REQUIRE(c.bed.go({"mod", "vendor"}).code() == 0);
       }},
      {"a replacement within the repository",
       [](Clinic& c) {
         fs::create_directories(c.bed.app / ".git");
         write_file(c.bed.app / "third/alpha/go.mod", "module " + alpha + "\n");
         c.append("go.mod", "\nreplace " + alpha + " => ./third/alpha\n");
       }},
      {"outside of any project", [](Clinic& c) { c.cwd = c.bed.tmp; }},
      {"CI: flags and caches in a hidden directory of the checkout",
       [](Clinic& c) {
         c.set("GOFLAGS", "-mod=readonly -trimpath");
         c.set("GOMODCACHE", (c.bed.app / ".cache/mod").string());
         c.set("GOCACHE", (c.bed.app / ".cache/build").string());
         c.set("CI", "true");
       }},
      {"a database with a key of its own",
       [](Clinic& c) { c.set("GOSUMDB", c.bed.proxy.sumdb().with_url()); }},
      {"a program behind git's public hosts",
       [](Clinic& c) {
         c.append("go.mod", "\nrequire git.sr.ht/~me/lib v1.0.0 // indirect\n");
         c.append(
             "go.sum",
             "git.sr.ht/~me/lib v1.0.0/go.mod h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=\n");
       }},
  };
  for (const Go& go : gos()) {
    for (const Row& row : rows) {
      DYNAMIC_SECTION(go.version + ": " + row.name) {
        Clinic clinic(go, row.options);
        row.make(clinic);
        const Ran ran = clinic.doctor();
        INFO(ran.err);
        CHECK(joined(ids_of(ran)) == "");
        CHECK(ran.code() == 0);
      }
    }
  }
}

TEST_CASE("doctor: in words, a mark per line and the command below it", "[e2e]") {
  Clinic clinic(gos().back());
  const Ran well = clinic.doctor({});
  CHECK(well.code() == 0);
  CHECK(well.out.find("✓ gomend ") == 0);
  CHECK(well.out.find("no problems found") != std::string::npos);
  clinic.set("GOSUMDB", "off");
  clinic.set("GOBIN", "bin");
  const Ran ill = clinic.doctor({});
  INFO(ill.text());
  CHECK(ill.code() == 1);
  CHECK(ill.out.find("✗ GOSUMDB=off (from the environment)") != std::string::npos);
  CHECK(ill.out.find("\n  run: unset GOSUMDB\n") != std::string::npos);
  CHECK(ill.out.find("2 problems, 0 warnings") != std::string::npos);
  CHECK(ill.out.find('\x1b') == std::string::npos);
}

TEST_CASE("doctor: nothing is written, and nothing is asked for without --network", "[e2e]") {
  Clinic clinic(gos().back());
  const Snapshot modules = clinic.bed.modules(), app = snapshot(clinic.bed.app),
                 home = snapshot(clinic.bed.home);
  REQUIRE(clinic.doctor().code() == 0);
  CHECK(difference(modules, clinic.bed.modules(), {.inodes = true, .times = true}) == "");
  CHECK(difference(app, snapshot(clinic.bed.app), {.inodes = true, .times = true}) == "");
  CHECK(difference(home, snapshot(clinic.bed.home)) == "");
  CHECK(clinic.bed.proxy.log_text() == "");
}

TEST_CASE("doctor: --network asks each source once, and tells which does not answer", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Clinic clinic(go);
      const Source second;
      clinic.bed.env["GOSUMDB"] = "off";  // this machine's database is not reached from a test
      clinic.set("GOPROXY", clinic.bed.proxy.url() + "|" + second.url());
      second.fault({.kind = "status", .status = 403});
      const Snapshot before = clinic.bed.modules();
      const Ran ran = clinic.doctor({"--json", "--network"});
      INFO(ran.text());
      CHECK(ran.code() == 1);
      CHECK(clinic.bed.proxy.log_text().find(" github.com/") != std::string::npos);
      CHECK(ran.out.find("403 Forbidden") != std::string::npos);
      CHECK(ran.out.find(" ms") != std::string::npos);
      CHECK(difference(before, clinic.bed.modules(), {.times = true}) == "");
    }
  }
}

TEST_CASE("doctor: --network asks nobody behind a comma, unless the source before it has nothing",
          "[e2e]") {
  for (const int status : {200, 403, 404, 503}) {
    Clinic clinic(gos().back());
    const Source second;
    clinic.bed.env["GOSUMDB"] = "off";
    clinic.set("GOPROXY", clinic.bed.proxy.url() + "," + second.url());
    if (status != 200) clinic.bed.proxy.fault({.kind = "status", .status = status});
    const Ran ran = clinic.doctor({"--json", "--network"});
    INFO(status << "\n" << ran.text());
    CHECK(clinic.bed.proxy.log_text().find(" github.com/") != std::string::npos);
    CHECK((second.log_text().find("github.com/") != std::string::npos) == (status == 404));
    CHECK((ran.out.find(" was not asked: ") != std::string::npos) == (status != 404));
  }
}

TEST_CASE("doctor: no password is shown", "[e2e]") {
  Clinic clinic(gos().back());
  clinic.set("GOPROXY", "https://me:secret@one.corp.example,https://me:secret@two.corp.example");
  CHECK(clinic.doctor({}).out.find("secret") == std::string::npos);
  CHECK(clinic.doctor().out.find("secret") == std::string::npos);
  clinic.set("GOPROXY", "https://one.corp.example/secret/go|two.corp.example/secret?k=secret");
  CHECK(clinic.doctor({}).out.find("secret") == std::string::npos);
  CHECK(clinic.doctor().out.find("secret") == std::string::npos);
}

TEST_CASE("doctor: file systems on which go has trouble") {
  CHECK(recovery::file_system_trouble(NFS_SUPER_MAGIC).find("NFS") == 0);
  CHECK(recovery::file_system_trouble(V9FS_MAGIC).find("9p") == 0);
  CHECK(recovery::file_system_trouble(OVERLAYFS_SUPER_MAGIC).empty());
  CHECK(recovery::file_system_trouble(TMPFS_MAGIC).empty());
  CHECK(recovery::file_system_trouble(EXT4_SUPER_MAGIC).empty());
}

TEST_CASE("doctor: which hosts look like somebody's own") {
  for (const char* path : {"git.corp.example/a", "gitlab.internal/a/b", "scm.lan/x",
                           "ghe.firm.io/x", "svc.corp.firm.com/x", "bitbucket.firm.org/x"})
    CHECK(recovery::looks_private(path));
  for (const char* path :
       {"github.com/a/b", "gitlab.com/a", "git.sr.ht/~a/b", "golang.org/x/mod", "go.uber.org/zap",
        "gopkg.in/yaml.v3", "k8s.io/api", "bitbucket.org/a/b"})
    CHECK(!recovery::looks_private(path));
}

}  // namespace tests

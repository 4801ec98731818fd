// The project in this directory: go.mod, go.sum, go.work and vendor, as git, colleagues and CI will
// find them.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include "recovery/go/go_mod.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/project_files.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"

namespace recovery {
namespace {

using Level = Finding::Level;

bool is_go_version(const std::string& text) {
  return text.size() >= 3 && text.find_first_not_of("0123456789.rcbeta") == text.npos &&
         go_number(text)[0] == 1 && text.starts_with("1.");
}

// The repository that a directory lies in; empty if none.
std::string repository_of(std::string dir) {
  for (; !dir.empty(); dir = directory_of(dir)) {
    if (exists(dir + "/.git")) return dir;
  }
  return {};
}

// Does GOTOOLCHAIN let go fetch a newer go by itself?
bool is_auto(const DoctorContext& context) {
  const std::string how = context.value("GOTOOLCHAIN");
  return how.empty() || how == "auto" || how.ends_with("+auto");
}

class ProjectCheck {
 public:
  ProjectCheck(const DoctorContext& context, Findings& findings)
      : context_(context), settings_(context.settings), findings_(findings) {}

  void run() {
    const std::size_t before = findings_.size();
    for (const std::string& file : settings_.mod_files) go_mod(file);
    for (const std::string& file : settings_.sum_files) go_sum(file);
    if (!settings_.go_work.empty()) go_work();
    if (settings_.mod_files.empty()) {
      findings_.push_back({Level::good, "project", "no go.mod here: no project to check", ""});
      return;
    }
    sums();
    private_hosts();
    vendor();
    toolchain();
    stray();
    if (findings_.size() == before)
      findings_.push_back({Level::good, "project", "project " + context_.directory(), ""});
  }

 private:
  void bad(const char* id, const std::string& words, const std::string& next) {
    findings_.push_back({Level::bad, std::string("project/") + id, words, next});
  }
  void poor(const char* id, const std::string& words, const std::string& next) {
    findings_.push_back({Level::poor, std::string("project/") + id, words, next});
  }

  // False: there is nothing in it that can be read.
  bool readable(const std::string& file, const char* id) {
    struct stat st;
    if (::stat(file.c_str(), &st) != 0) return false;
    if (!S_ISREG(st.st_mode))
      return bad(id, file + " is not a regular file", "ls -ld " + quoted(file)), false;
    if (::access(file.c_str(), R_OK) != 0)
      return bad(id, file + ": permission denied (reading)", "chmod u+r " + quoted(file)), false;
    if (const int line = line_of_conflict(file); line > 0) {
      const bool can_be_proved = file.ends_with(".sum") && settings_.sumdb != "off";
      bad("conflict",
          "unresolved merge conflict at " + file + ":" + std::to_string(line) +
              (can_be_proved ? "" : "; resolve it, then: go mod tidy"),
          can_be_proved ? "gomend fix --gosum" : "");
      return false;
    }
    return true;
  }

  void go_mod(const std::string& file) {
    if (!exists(file) && settings_.go_work.empty())
      bad("go-mod-absent", file + " does not exist", "go mod init");
    if (!readable(file, "go-mod-unreadable")) return;
    const auto lines = read_directives(read_text_file(file));
    const bool has_module = std::ranges::any_of(
        lines, [](const Directive& d) { return d.name == "module" && !d.words.empty(); });
    if (!has_module) bad("module-line", file + ": no module line", "go help go.mod");
    for (const LocalReplace& one : local_replacements(file)) replaced(one);
  }

  void replaced(const LocalReplace& one) {
    const std::string what = one.file.substr(one.file.rfind('/') + 1) + ": replace target " +
                             one.target + " of " + one.old + " ";
    const std::string next = "go mod edit -json";  // to drop it, or not, is the user's to choose
    if (!exists(one.dir + "/go.mod"))
      return bad("replace-missing", what + (exists(one.dir) ? "has no go.mod" : "does not exist"),
                 next);
    const std::string repository = repository_of(directory_of(one.file));
    const std::string common = repository.empty() ? directory_of(one.file) : repository;
    if (!(one.dir + "/").starts_with(common + "/"))
      poor("replace-local", what + "is outside this repository: others do not have it", next);
  }

  void go_sum(const std::string& file) {
    if (!readable(file, "go-sum-unreadable")) return;
    std::istringstream lines(read_text_file(file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      std::istringstream words(line);
      std::vector<std::string> fields;
      for (std::string word; words >> word;) fields.push_back(word);
      if (fields.empty()) continue;
      const std::string where = file + ":" + std::to_string(number);
      if (fields.size() != 3)
        return bad("go-sum-malformed",
                   where + ": expected 3 fields, found " + std::to_string(fields.size()),
                   "gomend fix --gosum");
      if (fields[2].starts_with("h1:") && !is_h1(fields[2]))
        return bad("go-sum-hash", where + ": the checksum of " + fields[0] + " is not an h1 hash",
                   "gomend fix --gosum");
    }
    two_hashes(file);
  }

  // go wants all lines of a version to agree.
  void two_hashes(const std::string& file) {
    GoSums sums;
    sums.add(read_text_file(file));
    for (const auto* of : {&sums.zip, &sums.go_mod}) {
      for (const auto& [m, hashes] : *of) {
        if (hashes.size() > 1)
          return bad("go-sum-two", file + " has two checksums for " + m.str(),
                     "gomend fix --gosum");
      }
    }
  }

  void go_work() {
    if (!readable(settings_.go_work, "go-work-unreadable")) return;
    for (const std::string& dir : work_modules(settings_.go_work)) {
      if (exists(dir + "/go.mod")) continue;
      bad("work-use", "go.work: use " + dir + ": no go.mod there", "go work edit -json");
    }
  }

  // Each requirement's go.mod is read, so each needs its line.
  void sums() {
    if (settings_.is_vendored) return;
    GoSums sums;
    bool is_there = false;
    for (const std::string& file : settings_.sum_files) {
      is_there = is_there || exists(file);
      sums.add(read_text_file(file));
    }
    std::vector<std::string> missing;
    std::size_t needed = 0;
    for (const std::string& file : settings_.mod_files) {
      if (has_conflict(file)) return;
      for (const ModuleVersion& m : parse_go_mod(read_text_file(file)).needed) {
        ++needed;
        if (!sums.go_mod.contains(m)) missing.push_back(m.str());
      }
    }
    const bool is_reported = std::ranges::any_of(findings_, [](const Finding& r) {
      return r.id.starts_with("project/go-sum") || r.id == "project/conflict";
    });
    if (needed == 0 || missing.empty() || is_reported) return;
    if (!is_there)
      return bad("go-sum-absent", "missing go.sum (not copied, or not committed?)", "go mod tidy");
    bad("go-sum-missing",
        "go.sum: " + std::to_string(missing.size()) + " missing entries, such as " +
            missing.front(),
        "go mod tidy");
  }

  void private_hosts() {
    const auto entries = proxy_entries(settings_.proxy);
    if (entries.empty() || entries.front() == "direct" || entries.front() == "off") return;
    std::set<std::string> hosts;
    for (const std::string& file : settings_.mod_files) {
      for (const ModuleVersion& m : parse_go_mod(read_text_file(file)).needed) {
        const bool is_covered = match_prefix_patterns(settings_.go_private, m.path()) ||
                                match_prefix_patterns(settings_.no_proxy, m.path());
        if (!is_covered && looks_private(m.path()))
          hosts.insert(m.path().substr(0, m.path().find('/')));
      }
    }
    for (const std::string& host : hosts)
      poor("private-host",
           host + " looks private, and GOPRIVATE does not cover it: its module names are sent to " +
               source_name(entries.front()) + " and the checksum database",
           context_.set("GOPRIVATE",
                        settings_.go_private.empty() ? host : settings_.go_private + "," + host));
  }

  void vendor() {
    const std::string& main = context_.directory();
    const std::string list = main + "/vendor/modules.txt";
    if (!settings_.is_vendored) return;
    const std::string text = read_text_file(list);
    if (text.empty()) return;
    std::set<std::string> in_vendor;
    std::istringstream lines(text);
    std::string module;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string mark, path, version;
      words >> mark >> path >> version;
      if (mark == "#") module = path + "@" + version;
      if (mark == "##" && line.find("explicit") != line.npos) in_vendor.insert(module);
    }
    for (const std::string& file : settings_.mod_files) {
      for (const Directive& d : read_directives(read_text_file(file))) {
        if (d.name != "require" || d.words.size() < 2) continue;
        if (!in_vendor.contains(d.words[0] + "@" + d.words[1]))
          return bad("vendor",
                     "vendor/modules.txt: missing " + d.words[0] + "@" + d.words[1] +
                         ", which go.mod requires",
                     settings_.go_work.empty() ? "go mod vendor" : "go work vendor");
      }
    }
  }

  void toolchain() {
    const std::array<int, 3> here = go_number(settings_.go_version);
    for (const std::string& file : settings_.mod_files) {
      for (const Directive& d : read_directives(read_text_file(file))) {
        if (d.words.empty()) continue;
        if (d.name == "go" && !is_go_version(d.words[0]))
          bad("go-line", file + ": go " + d.words[0] + " is not a version", "go version");
        else if (d.name == "go" && go_number(d.words[0]) > here && here[0] == 1)
          needs("go line", "go" + d.words[0], file);
        if (d.name == "toolchain" && here[1] < 21 && here[0] == 1)
          bad("toolchain-line",
              file + " has a toolchain line, which " + settings_.go_version + " does not support",
              "go version");
        else if (d.name == "toolchain" && d.words[0] != "default" &&
                 !d.words[0].starts_with("go1."))
          bad("toolchain-line", file + ": toolchain " + d.words[0] + " is not a toolchain name",
              "go version");
        else if (d.name == "toolchain" && go_number(d.words[0]) > here && is_auto(context_))
          needs("toolchain line", d.words[0], file);
      }
    }
  }

  // What is newer than this go must be fetched, or found.
  void needs(const std::string& line, const std::string& version, const std::string& file) {
    const std::string what =
        file + ": " + line + " requires " + version + " (have " + settings_.go_version + ")";
    if (go_number(settings_.go_version)[1] < 21)
      return bad("toolchain", what + ", which can't download toolchains", "go version");
    if (!is_auto(context_))
      return bad("toolchain", what + "; GOTOOLCHAIN=" + context_.value("GOTOOLCHAIN"),
                 context_.undo("GOTOOLCHAIN"));
    const auto m = toolchain_module(version, settings_.platform);
    if (m && exists(settings_.mod_cache + "/" + tree_dir(*m))) return;
    const auto entries = proxy_entries(settings_.proxy);
    if (!entries.empty() && (entries.front() == "off"))
      bad("toolchain", what + "; GOPROXY=off prevents the download", context_.undo("GOPROXY"));
    else if (settings_.sumdb == "off")
      bad("toolchain", what + "; GOSUMDB=off prevents its verification", context_.undo("GOSUMDB"));
  }

  // A go.mod that was left somewhere above all projects rules everything below it.
  void stray() {
    const std::string dir = directory_of(settings_.go_mod);
    if (settings_.go_mod.empty() || dir == context_.request.dir) return;
    const std::string home = env_value(context_.request.env, "HOME");
    if (dir.empty() || dir == home || dir == "/tmp")
      poor("stray-go-mod",
           settings_.go_mod + " applies to every directory below; is it there by mistake?",
           "ls -l " + quoted(settings_.go_mod));
  }

  const DoctorContext& context_;
  const Settings& settings_;
  Findings& findings_;
};

}  // namespace

bool looks_private(const std::string& module_path) {
  const std::string host = module_path.substr(0, module_path.find('/'));
  static constexpr std::array inner{".corp", ".internal", ".intra",    ".intranet",
                                    ".lan",  ".local",    ".localnet", ".private",
                                    ".home", ".office",   ".test"};
  if (std::ranges::any_of(inner, [&](const char* end) { return host.ends_with(end); })) return true;
  if (host.find(".corp.") != host.npos || host.find(".internal.") != host.npos) return true;
  // "git.example.com" is most companies' own; these are everybody's.
  static constexpr std::array everybody{"git.sr.ht",
                                        "gitlab.com",
                                        "gitea.com",
                                        "git.apache.org",
                                        "git.torproject.org",
                                        "git.kernel.org",
                                        "code.cloudfoundry.org",
                                        "git.mills.io",
                                        "git.fd.io",
                                        "gitlab.torproject.org",
                                        "gitlab.freedesktop.org",
                                        "gitlab.gnome.org",
                                        "git.tcp.direct",
                                        "bitbucket.org",
                                        "git.openprivacy.ca",
                                        "git.maze.io",
                                        "git.autistici.org"};
  if (std::ranges::find(everybody, host) != everybody.end()) return false;
  static constexpr std::array begins{"git.",    "gitlab.", "gitea.",  "bitbucket.", "stash.",
                                     "github.", "ghe.",    "gerrit.", "scm.",       "svn."};
  if (host == "github.com") return false;
  return std::ranges::any_of(begins, [&](const char* begin) { return host.starts_with(begin); });
}

void check_project(const DoctorContext& context, Findings& findings) {
  ProjectCheck(context, findings).run();
}

}  // namespace recovery

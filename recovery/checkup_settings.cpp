// go's settings, as go itself sees them, and what is dangerous in them: verification turned off,
// sources that can't be right, one outage that stops all.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "recovery/advice.hpp"
#include "recovery/checkup.hpp"
#include "recovery/go_mod.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"

namespace recovery {
namespace {

using Level = Remark::Level;

std::vector<std::string> split(const std::string& text, std::string_view separators) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// A glob that takes in nearly every public module.
bool is_everything(const std::string& glob) {
  static constexpr std::array wide{"*",     "*/*",        "**",         "*.*",  "*.com",
                                   "*.org", "github.com", "golang.org", "*.io", "github.*"};
  return std::ranges::find(wide, glob) != wide.end();
}

bool has_everything(const std::string& globs) {
  return std::ranges::any_of(split(globs, ","), is_everything);
}

bool is_local_host(const std::string& url) {
  const std::string host = source_name(url);
  const std::string name =
      host.starts_with("[") ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return name == "localhost" || name.starts_with("127.") || name == "[::1]";
}

class SettingsCheck {
 public:
  SettingsCheck(const Patient& patient, Remarks& remarks) : patient_(patient), remarks_(remarks) {}

  void run() {
    const std::size_t before = remarks_.size();
    verification();
    proxies();
    flags();
    modes();
    debug();
    paths();
    programs();
    if (remarks_.size() == before)
      remarks_.push_back({Level::good, "settings", "go's settings: nothing dangerous in them", ""});
  }

 private:
  void add(Level level, const char* id, const std::string& words, const std::string& next) {
    remarks_.push_back({level, std::string("settings/") + id, without_passwords(words), next});
  }
  void bad(const char* id, const std::string& words, const std::string& next) {
    add(Level::bad, id, words, next);
  }
  void poor(const char* id, const std::string& words, const std::string& next) {
    add(Level::poor, id, words, next);
  }
  std::string value(const std::string& name) const { return patient_.value(name); }
  std::string environment(const std::string& name) const {
    return env_value(patient_.request.env, name);
  }
  // "GOSUMDB=off (from go's env file)"
  std::string told(const std::string& name) const {
    return name + "=" + value(name) + " (from " + patient_.where(name) + ")";
  }
  // What someone has set, not what it defaults to (GONOSUMDB to GOPRIVATE).
  bool is_set(const std::string& name) const { return patient_.where(name) != "go's default"; }

  // --- is what comes verified? ---

  void verification() {
    const std::string sumdb = value("GOSUMDB");
    if (sumdb == "off")
      bad("sumdb-off", told("GOSUMDB") + ": what is not in go.sum yet is believed unseen",
          patient_.undo("GOSUMDB"));
    else if (!is_known_database(sumdb))
      bad("sumdb-key", told("GOSUMDB") + " has no key that it could be verified with",
          patient_.undo("GOSUMDB"));
    if (is_set("GONOSUMDB") && has_everything(value("GONOSUMDB")))
      bad("nosumdb-all",
          told("GONOSUMDB") + " takes public modules out of the checksum database, too",
          patient_.undo("GONOSUMDB"));
    if (is_set("GOPRIVATE") && has_everything(value("GOPRIVATE")))
      bad("private-all",
          told("GOPRIVATE") + " makes public modules private: no proxy, nothing verified",
          patient_.undo("GOPRIVATE"));
    if (is_set("GONOPROXY") && has_everything(value("GONOPROXY")))
      poor("noproxy-all", told("GONOPROXY") + " passes the proxy by for public modules, too",
           patient_.undo("GONOPROXY"));
    if (!value("GOINSECURE").empty()) {
      const bool all = has_everything(value("GOINSECURE"));
      add(all ? Level::bad : Level::poor, "insecure",
          told("GOINSECURE") + ": fetched over http, or from a host with any certificate",
          patient_.undo("GOINSECURE"));
    }
    if (!environment("GONOSUMCHECK").empty())
      poor("nosumcheck",
           "GONOSUMCHECK is set: go has not read it since 1.13; remove it from scripts",
           "unset GONOSUMCHECK");
    if (value("GOVCS").find("*:all") != std::string::npos ||
        value("GOVCS").find("public:all") != std::string::npos)
      poor("vcs-all",
           told("GOVCS") + ": public modules may have any version control program run here",
           patient_.undo("GOVCS"));
    if (value("GOVCS").find("private:off") != std::string::npos ||
        value("GOVCS").find("*:off") != std::string::npos)
      poor("vcs-off", told("GOVCS") + ": no repository can be asked", patient_.undo("GOVCS"));
  }

  static bool is_known_database(const std::string& sumdb) {
    const std::string name = sumdb.substr(0, sumdb.find(' '));
    // The only one whose key go knows by itself, and its mirror.
    return name.empty() || name.find('+') != name.npos || name.starts_with("sum.golang.");
  }

  // --- where it comes from ---

  void proxies() {
    const std::string list = value("GOPROXY");
    const auto entries = proxy_entries(list);
    if (!list.empty() && entries.empty())
      return bad("proxy-empty", told("GOPROXY") + " names no source", patient_.undo("GOPROXY"));
    if (!is_set("GOPROXY")) return;
    bool is_end = false;
    for (const std::string& entry : entries) {
      if (is_end) {
        poor("proxy-behind-end",
             told("GOPROXY") + ": what stands behind direct or off is never asked",
             patient_.undo("GOPROXY"));
        break;
      }
      is_end = entry == "direct" || entry == "off" || entry == "noproxy";
      if (!is_end) check_entry(entry);
    }
    if (entries.front() == "off")
      poor("proxy-off", told("GOPROXY") + ": what is not in the module cache can't be fetched",
           patient_.undo("GOPROXY"));
    if (is_stopped_by_outage(list))
      poor("proxy-comma",
           told("GOPROXY") +
               ": behind a comma the next is asked only if a source says 'not found'; "
               "an outage of the first stops you",
           list.find('@') == list.npos ? patient_.set("GOPROXY", piped(list)) : "");
  }

  void check_entry(const std::string& entry) {
    const std::size_t colon = entry.find(":/");
    if (colon == entry.npos)
      return poor("proxy-scheme",
                  "GOPROXY's '" + entry + "' has no scheme: go takes it for https://" + entry,
                  patient_.set("GOPROXY", "https://" + entry + ",direct"));
    const std::string scheme = entry.substr(0, colon);
    if (scheme != "https" && scheme != "http" && scheme != "file")
      return bad("proxy-scheme-unknown",
                 "GOPROXY's '" + entry + "' has a scheme that go does not know",
                 patient_.undo("GOPROXY"));
    if (scheme == "http" && !is_local_host(entry))
      poor("proxy-http", "GOPROXY's '" + entry + "' is not encrypted",
           patient_.set("GOPROXY", "https://" + source_name(entry) + ",direct"));
    if (scheme == "file" && !exists(entry.substr(7)))
      bad("proxy-file", "GOPROXY's '" + entry + "' is not there", patient_.undo("GOPROXY"));
    const std::size_t at = entry.find('@');
    if (at != entry.npos && at < entry.find('/', colon + 3))
      poor("proxy-password", "GOPROXY holds a password: it shows in logs and in ps",
           "chmod 600 ~/.netrc");
  }

  // Two sources that could stand in for each other, and a comma between.
  static bool is_stopped_by_outage(const std::string& list) {
    const std::size_t comma = list.find(',');
    if (comma == list.npos) return false;
    const auto behind = proxy_entries(list.substr(comma + 1));
    return !behind.empty() && behind.front().find(":/") != behind.front().npos;
  }

  static std::string piped(std::string list) {
    std::ranges::replace(list, ',', '|');
    return list;
  }

  // --- flags and modes ---

  void flags() {
    for (const std::string& flag : split(value("GOFLAGS"), " \t")) {
      const std::string bare = flag.substr(
          flag.find_first_not_of('-') == flag.npos ? flag.size() : flag.find_first_not_of('-'));
      if (!flag.starts_with("-") || bare.empty())
        bad("flags-malformed", told("GOFLAGS") + ": '" + flag + "' is no flag",
            patient_.undo("GOFLAGS"));
      if (bare == "mod=mod")
        bad("flags-mod", told("GOFLAGS") + ": any build may rewrite go.mod and go.sum",
            patient_.undo("GOFLAGS"));
      if (bare == "insecure" || bare == "insecure=true")
        bad("flags-insecure", told("GOFLAGS") + ": no flag of this go's any more",
            patient_.undo("GOFLAGS"));
      if (bare.starts_with("modfile=") && !exists(absolute(bare.substr(8))))
        bad("flags-modfile", told("GOFLAGS") + " names a file that is not there",
            patient_.undo("GOFLAGS"));
      if (bare.starts_with("overlay=") && !exists(absolute(bare.substr(8))))
        bad("flags-overlay", told("GOFLAGS") + " names a file that is not there",
            patient_.undo("GOFLAGS"));
      if (bare == "mod=vendor" && !patient_.directory().empty() &&
          !exists(patient_.directory() + "/vendor/modules.txt"))
        bad("flags-vendor", told("GOFLAGS") + ", and there is no vendor directory here",
            "go mod vendor");
    }
  }

  std::string absolute(const std::string& path) const {
    return path.starts_with("/") ? path : patient_.request.dir + "/" + path;
  }

  void modes() {
    const std::string mode = value("GO111MODULE");
    if (mode == "off")
      bad("modules-off", told("GO111MODULE") + ": go.mod is not read at all",
          patient_.undo("GO111MODULE"));
    else if (mode == "auto")
      poor("modules-auto", told("GO111MODULE") + ": below GOPATH/src go.mod may be passed over",
           patient_.undo("GO111MODULE"));
    else if (!mode.empty() && mode != "on")
      bad("modules-unknown", told("GO111MODULE") + " is none of on, off and auto",
          patient_.undo("GO111MODULE"));
    const std::string work = environment("GOWORK");
    if (!work.empty() && work != "off" && work != "auto" &&
        (!work.starts_with("/") || !exists(work)))
      bad("work-absent",
          "GOWORK=" + work + (work.starts_with("/") ? " is not there" : " is no absolute path"),
          "unset GOWORK");
    const std::string toolchain = value("GOTOOLCHAIN");
    const std::string name = toolchain.substr(0, toolchain.find('+'));
    const std::string how = toolchain.size() > name.size() ? toolchain.substr(name.size() + 1) : "";
    const bool is_known = name.empty() || name == "auto" || name == "local" || name == "path" ||
                          name.starts_with("go1.");
    if (!is_known || (!how.empty() && how != "auto" && how != "path"))
      bad("toolchain-unknown", told("GOTOOLCHAIN") + " is none that go knows",
          patient_.undo("GOTOOLCHAIN"));
  }

  void debug() {
    struct Knob {
      std::string_view setting, words;
    };
    static constexpr std::array knobs{
        Knob{"cmdgonetlimit=0", "forbids go to use the network"},
        Knob{"goindex=0", "makes go read every package again at each command"},
        Knob{"gocacheverify=1", "makes go build everything again, and compare"},
        Knob{"gocachehash=1", "makes go print each of its hashes"},
        Knob{"gocachetest=1", "makes go print why tests are cached or not"},
        Knob{"http2client=0", "turns HTTP/2 off for go's own downloads, too"},
        Knob{"x509sha1=1", "lets go accept certificates signed with SHA-1"},
        Knob{"x509ignoreCN=0", "lets go accept certificates without a name"},
        Knob{"tlsrsakex=1", "lets go use key exchanges that are held to be broken"},
        Knob{"tls10server=1", "lets TLS 1.0 in"},
        Knob{"toolchaintrace=1", "makes go tell each choice of a toolchain"},
    };
    const std::string value_of_debug =
        value("GODEBUG").empty() ? environment("GODEBUG") : value("GODEBUG");
    for (const std::string& setting : split(value_of_debug, ",")) {
      for (const Knob& knob : knobs) {
        if (knob.setting == setting)
          poor("debug", "GODEBUG has " + setting + ": it " + std::string(knob.words),
               patient_.undo("GODEBUG"));
      }
    }
  }

  // --- places that settings name ---

  void paths() {
    const std::string root = value("GOROOT");
    for (const std::string& path : split(value("GOPATH"), ":")) {
      if (!path.starts_with("/"))
        bad("gopath-relative", "GOPATH has '" + path + "', which is no absolute path",
            patient_.undo("GOPATH"));
      else if (path == root)
        bad("gopath-is-goroot", "GOPATH and GOROOT are the same: " + path, patient_.undo("GOPATH"));
      else if (exists(path + "/go.mod"))
        poor("gopath-go-mod", path + "/go.mod lies in GOPATH: go passes it over",
             "rm " + path + "/go.mod");
    }
    if (const std::string bin = value("GOBIN"); !bin.empty() && !bin.starts_with("/"))
      bad("gobin-relative", told("GOBIN") + " is no absolute path: go install fails",
          patient_.undo("GOBIN"));
    for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      const std::string path = environment(name);
      if (path.empty() || exists(path.substr(0, path.find(':')))) continue;
      bad("certificates",
          std::string(name) + "=" + path + " is not there: every https connection fails",
          "unset " + std::string(name));
    }
    env_file();
  }

  void env_file() {
    const std::string path = patient_.settings.env_file;
    struct stat st;
    if (!path.starts_with("/") || ::stat(path.c_str(), &st) != 0) return;
    if (!S_ISREG(st.st_mode) || ::access(path.c_str(), R_OK) != 0)
      return bad("env-file", "go's env file " + path + " can't be read", "ls -l " + path);
    if ((st.st_mode & S_IWOTH) != 0)
      bad("env-file-open", "go's env file " + path + " can be written by anybody",
          "chmod o-w " + path);
    std::istringstream lines(read_text_file(path));
    for (std::string line; std::getline(lines, line);) {
      const bool is_setting = line.find('=') != line.npos && line.starts_with("G");
      const bool is_plain_one =
          line.empty() || line.starts_with("#") || line.find('=') != line.npos;
      if (!is_plain_one && !is_setting)
        return poor(
            "env-file-line",
            "go's env file " + path + " has a line that is no setting: " + line.substr(0, 40),
            "$EDITOR " + path);
    }
  }

  void programs() {
    const std::string program = value("GOCACHEPROG");
    if (program.empty()) return;
    const std::string first = split(program, " ").front();
    if (first.starts_with("/") && ::access(first.c_str(), X_OK) != 0)
      bad("cache-program", told("GOCACHEPROG") + " can't be run", patient_.undo("GOCACHEPROG"));
  }

  const Patient& patient_;
  Remarks& remarks_;
};

}  // namespace

void check_settings(const Patient& patient, Remarks& remarks) {
  SettingsCheck(patient, remarks).run();
}

}  // namespace recovery

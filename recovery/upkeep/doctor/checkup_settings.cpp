// go's settings, as go itself sees them, and what is dangerous in them: verification turned off,
// sources that can't be right, one outage that stops all.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "recovery/go/go_flags.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"

namespace recovery {
namespace {

using Level = Finding::Level;

// Taken back, such a setting would send the names of private modules to public places.
constexpr const char* own_only = "go help private";

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

bool is_known_database(const std::string& sumdb) {
  const std::string name = sumdb.substr(0, sumdb.find(' '));
  // The only one whose key go knows by itself, and its mirror.
  return name.empty() || name.find('+') != name.npos || name.starts_with("sum.golang.");
}

// Two sources that could stand in for each other, and a comma between.
bool is_stopped_by_outage(const std::string& list) {
  const std::size_t comma = list.find(',');
  if (comma == list.npos) return false;
  const auto behind = proxy_entries(list.substr(comma + 1));
  return !behind.empty() && behind.front().find(":/") != behind.front().npos;
}

// Settings of GODEBUG that change what go itself does.
struct Knob {
  std::string_view setting, words;
};
constexpr std::array knobs{
    Knob{"cmdgonetlimit=0", "prevents go from using the network"},
    Knob{"goindex=0", "makes go read every package again at each command"},
    Knob{"gocacheverify=1", "makes go build everything again, and compare"},
    Knob{"gocachehash=1", "makes go print each of its hashes"},
    Knob{"gocachetest=1", "makes go print why tests are cached or not"},
    Knob{"http2client=0", "disables HTTP/2 for go's downloads, too"},
    Knob{"x509sha1=1", "lets go accept certificates signed with SHA-1"},
    Knob{"x509ignoreCN=0", "lets go accept certificates without a name"},
    Knob{"tlsrsakex=1", "lets go use RSA key exchange, which is considered insecure"},
    Knob{"tls10server=1", "accepts TLS 1.0"},
    Knob{"toolchaintrace=1", "makes go print each choice of a toolchain"},
};

// Findings about settings, and where each stands.
class SettingsReport {
 public:
  SettingsReport(const DoctorContext& context, Findings& findings)
      : context_(context), findings_(findings) {}

 protected:
  void add(Level level, const char* id, const std::string& words, const std::string& next) {
    findings_.push_back({level, std::string("settings/") + id, redacted(words), next});
  }
  void bad(const char* id, const std::string& words, const std::string& next) {
    add(Level::bad, id, words, next);
  }
  void poor(const char* id, const std::string& words, const std::string& next) {
    add(Level::poor, id, words, next);
  }
  std::string value(const std::string& name) const { return context_.value(name); }
  std::string environment(const std::string& name) const {
    return env_value(context_.request.env, name);
  }
  // "GOSUMDB=off (from go's env file)"
  std::string told(const std::string& name) const {
    const std::string shown = name == "GOPROXY" ? redacted_proxies(value(name)) : value(name);
    return name + "=" + shown + " (from " + context_.where(name) + ")";
  }
  // What someone has set, not what it defaults to (GONOSUMDB to GOPRIVATE).
  bool is_set(const std::string& name) const { return context_.where(name) != "go's default"; }

  const DoctorContext& context_;

 private:
  Findings& findings_;
};

// Where modules come from, and whether what comes is verified.
class SourceSettings : SettingsReport {
 public:
  using SettingsReport::SettingsReport;
  void run() {
    verification();
    proxies();
  }

 private:
  // --- is what comes verified? ---

  void verification() {
    const std::string sumdb = value("GOSUMDB");
    if (sumdb == "off")
      bad("sumdb-off", told("GOSUMDB") + ": what is not in go.sum is not verified",
          context_.undo("GOSUMDB"));
    else if (!is_known_database(sumdb))
      bad("sumdb-key", told("GOSUMDB") + " has no public key to verify it with",
          context_.undo("GOSUMDB"));
    if (is_set("GONOSUMDB") && has_everything(value("GONOSUMDB")))
      bad("nosumdb-all",
          told("GONOSUMDB") + " disables the checksum database for public modules, too", own_only);
    if (is_set("GOPRIVATE") && has_everything(value("GOPRIVATE")))
      bad("private-all",
          told("GOPRIVATE") + " covers public modules: no proxy, no checksum database", own_only);
    if (is_set("GONOPROXY") && has_everything(value("GONOPROXY")))
      poor("noproxy-all", told("GONOPROXY") + " bypasses the proxy for public modules, too",
           own_only);
    if (!value("GOINSECURE").empty()) {
      const bool all = has_everything(value("GOINSECURE"));
      add(all ? Level::bad : Level::poor, "insecure",
          told("GOINSECURE") + ": http and invalid certificates are accepted",
          context_.undo("GOINSECURE"));
    }
    if (!environment("GONOSUMCHECK").empty())
      poor("nosumcheck", "GONOSUMCHECK is set: go ignores it since 1.13", "unset GONOSUMCHECK");
    if (value("GOVCS").find("*:all") != std::string::npos ||
        value("GOVCS").find("public:all") != std::string::npos)
      poor("vcs-all", told("GOVCS") + ": public modules may run any version control program here",
           context_.undo("GOVCS"));
    if (value("GOVCS").find("private:off") != std::string::npos ||
        value("GOVCS").find("*:off") != std::string::npos)
      poor("vcs-off", told("GOVCS") + ": no repository can be used", context_.undo("GOVCS"));
  }

  // --- where it comes from ---

  void proxies() {
    const std::string list = value("GOPROXY");
    const auto entries = proxy_entries(list);
    if (!list.empty() && entries.empty())
      return bad("proxy-empty", told("GOPROXY") + " names no source", context_.undo("GOPROXY"));
    if (!is_set("GOPROXY")) return;
    bool is_end = false;
    for (const std::string& entry : entries) {
      if (is_end) {
        poor("proxy-behind-end", told("GOPROXY") + ": entries after direct or off are never used",
             context_.undo("GOPROXY"));
        break;
      }
      is_end = entry == "direct" || entry == "off" || entry == "noproxy";
      if (!is_end) check_entry(entry);
    }
    if (entries.front() == "off")
      poor("proxy-off", told("GOPROXY") + ": what is not in the module cache can't be downloaded",
           context_.undo("GOPROXY"));
    if (is_stopped_by_outage(list))
      poor("proxy-comma",
           told("GOPROXY") +
               ": after a comma the next is used only for 'not found' (404, 410): an outage of the "
               "first stops the build",
           "go help goproxy");  // a pipe would send private names on: for the user to choose
  }

  // The same list but for that entry; empty where a secret would show.
  std::string with_entry(const std::string& entry, const std::string& better) const {
    std::string list = value("GOPROXY");
    const std::size_t at = list.find(entry);
    if (at == list.npos || redacted_proxies(list) != list) return {};
    return context_.set("GOPROXY", list.replace(at, entry.size(), better));
  }

  void check_entry(const std::string& entry) {
    const std::size_t colon = entry.find(":/");
    const std::string shown = redacted_proxies(entry);
    if (colon == entry.npos)
      return poor("proxy-scheme",
                  "GOPROXY's '" + shown + "' has no scheme: go reads it as https://" + shown,
                  with_entry(entry, "https://" + entry));
    const std::string scheme = entry.substr(0, colon);
    if (scheme != "https" && scheme != "http" && scheme != "file")
      return bad("proxy-scheme-unknown", "GOPROXY's '" + entry + "' has an unsupported scheme",
                 context_.undo("GOPROXY"));
    if (scheme == "http" && !is_local_host(entry))
      poor("proxy-http", "GOPROXY's '" + entry + "' is not encrypted",
           with_entry(entry, "https" + entry.substr(4)));
    if (scheme == "file" && !exists(entry.substr(7)))
      bad("proxy-file", "GOPROXY's '" + entry + "' does not exist", context_.undo("GOPROXY"));
    const std::size_t at = entry.find('@');
    if (at != entry.npos && at < entry.find('/', colon + 3))
      poor("proxy-password", "GOPROXY contains a password: it shows in logs; use ~/.netrc",
           "chmod 600 ~/.netrc");
  }
};

// Flags, modes, and the places that settings name.
class OtherSettings : SettingsReport {
 public:
  using SettingsReport::SettingsReport;
  void run() {
    flags();
    modes();
    debug();
    paths();
    programs();
  }

 private:
  // --- flags and modes ---

  // GOFLAGS less the words that this holds for.
  template <class Bad>
  std::string without_flags(const Bad& is_bad) const {
    auto words = split_quoted(value("GOFLAGS")).value_or(std::vector<std::string>{});
    std::erase_if(words, is_bad);
    const std::string rest = as_goflags(words).value_or("");
    return rest.empty() ? context_.undo("GOFLAGS") : context_.set("GOFLAGS", rest);
  }

  void flags() {
    const auto words = split_quoted(value("GOFLAGS"));
    if (!words)
      return bad("flags-malformed", told("GOFLAGS") + ": unterminated quote",
                 context_.undo("GOFLAGS"));
    for (const std::string& flag : *words) {
      const std::string bare = flag.substr(
          flag.find_first_not_of('-') == flag.npos ? flag.size() : flag.find_first_not_of('-'));
      const std::string next = without_flags([&](const std::string& word) { return word == flag; });
      if (!flag.starts_with("-") || bare.empty())
        bad("flags-malformed", told("GOFLAGS") + ": '" + flag + "' is not a flag", next);
      if (bare == "mod=mod")
        bad("flags-mod", told("GOFLAGS") + ": any build may rewrite go.mod and go.sum", next);
      if (bare == "insecure" || bare == "insecure=true")
        bad("flags-insecure", told("GOFLAGS") + ": go no longer has this flag", next);
      if (bare.starts_with("modfile=") && !exists(absolute(bare.substr(8))))
        bad("flags-modfile", told("GOFLAGS") + ": the file does not exist", next);
      if (bare.starts_with("overlay=") && !exists(absolute(bare.substr(8))))
        bad("flags-overlay", told("GOFLAGS") + ": the file does not exist", next);
      if (bare == "mod=vendor" && !context_.directory().empty() &&
          !exists(context_.directory() + "/vendor/modules.txt"))
        bad("flags-vendor", told("GOFLAGS") + ": no vendor directory here", "go mod vendor");
    }
  }

  std::string absolute(const std::string& path) const {
    return path.starts_with("/") ? path : context_.request.dir + "/" + path;
  }

  void modes() {
    const std::string mode = value("GO111MODULE");
    if (mode == "off")
      bad("modules-off", told("GO111MODULE") + ": go.mod is ignored", context_.undo("GO111MODULE"));
    else if (mode == "auto")
      poor("modules-auto", told("GO111MODULE") + ": inside GOPATH/src go.mod may be ignored",
           context_.undo("GO111MODULE"));
    else if (!mode.empty() && mode != "on")
      bad("modules-unknown", told("GO111MODULE") + " is not on, off or auto",
          context_.undo("GO111MODULE"));
    const std::string work = environment("GOWORK");
    if (!work.empty() && work != "off" && work != "auto" &&
        (!work.starts_with("/") || !exists(work)))
      bad("work-absent",
          "GOWORK=" + work +
              (work.starts_with("/") ? " does not exist" : " is not an absolute path"),
          "unset GOWORK");
    const std::string toolchain = value("GOTOOLCHAIN");
    const std::string name = toolchain.substr(0, toolchain.find('+'));
    const std::string how = toolchain.size() > name.size() ? toolchain.substr(name.size() + 1) : "";
    const bool is_known = name.empty() || name == "auto" || name == "local" || name == "path" ||
                          name.starts_with("go1.");
    if (!is_known || (!how.empty() && how != "auto" && how != "path"))
      bad("toolchain-unknown", told("GOTOOLCHAIN") + " is not a valid value",
          context_.undo("GOTOOLCHAIN"));
  }

  void debug() {
    const std::string value_of_debug =
        value("GODEBUG").empty() ? environment("GODEBUG") : value("GODEBUG");
    for (const std::string& setting : split(value_of_debug, ",")) {
      for (const Knob& knob : knobs) {
        if (knob.setting == setting)
          poor("debug", "GODEBUG has " + setting + ": it " + std::string(knob.words),
               context_.undo("GODEBUG"));
      }
    }
  }

  // --- places that settings name ---

  void paths() {
    const std::string root = value("GOROOT");
    for (const std::string& path : split(value("GOPATH"), ":")) {
      if (!path.starts_with("/"))
        bad("gopath-relative", "GOPATH has '" + path + "', which is not an absolute path",
            context_.undo("GOPATH"));
      else if (path == root)
        bad("gopath-is-goroot", "GOPATH and GOROOT are the same: " + path, context_.undo("GOPATH"));
      else if (exists(path + "/go.mod"))
        poor("gopath-go-mod", path + "/go.mod is in GOPATH: go ignores it",
             "ls -l " + quoted(path + "/go.mod"));
    }
    if (const std::string bin = value("GOBIN"); !bin.empty() && !bin.starts_with("/"))
      bad("gobin-relative", told("GOBIN") + " is not an absolute path: go install fails",
          context_.undo("GOBIN"));
    for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      const std::string path = environment(name);
      if (path.empty() || exists(path.substr(0, path.find(':')))) continue;
      bad("certificates",
          std::string(name) + "=" + path + " does not exist: https connections fail",
          "unset " + std::string(name));
    }
    env_file();
  }

  void env_file() {
    const std::string path = context_.settings.env_file;
    struct stat st;
    if (!path.starts_with("/") || ::stat(path.c_str(), &st) != 0) return;
    if (!S_ISREG(st.st_mode) || ::access(path.c_str(), R_OK) != 0)
      return bad("env-file", "go's env file " + path + " can't be read", "ls -l " + quoted(path));
    if ((st.st_mode & S_IWOTH) != 0)
      bad("env-file-open", "go's env file " + path + " is world-writable",
          "chmod o-w " + quoted(path));
    std::istringstream lines(read_text_file(path));
    for (std::string line; std::getline(lines, line);) {
      const bool is_setting = line.find('=') != line.npos && line.starts_with("G");
      const bool is_plain_one =
          line.empty() || line.starts_with("#") || line.find('=') != line.npos;
      if (!is_plain_one && !is_setting)
        return poor(
            "env-file-line",
            "go's env file " + path + " has a line that is not a setting: " + line.substr(0, 40),
            "$EDITOR " + quoted(path));
    }
  }

  void programs() {
    const std::string program = value("GOCACHEPROG");
    if (program.empty()) return;
    const std::string first = split(program, " ").front();
    if (first.starts_with("/") && ::access(first.c_str(), X_OK) != 0)
      bad("cache-program", told("GOCACHEPROG") + " can't be run", context_.undo("GOCACHEPROG"));
  }
};

}  // namespace

void check_settings(const DoctorContext& context, Findings& findings) {
  const std::size_t before = findings.size();
  SourceSettings(context, findings).run();
  OtherSettings(context, findings).run();
  if (findings.size() == before)
    findings.push_back({Level::good, "settings", "go's settings: ok", ""});
}

}  // namespace recovery

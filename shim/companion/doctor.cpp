#include "shim/companion/doctor.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "recovery/os/json.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/text.hpp"
#include "recovery/os/trusted_file.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/own_settings.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/state/journal.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/install/gos_on_path.hpp"
#include "shim/companion/own_rules.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/clock.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Finding;
using recovery::Findings;
using recovery::Json;
using Level = Finding::Level;

std::string text_of(const char* variable) {
  const char* value = getenv(variable);
  return value == nullptr ? "" : value;
}

// --- PATH, and which go is behind it ---

std::vector<OnPath> look_at_path(Findings& findings) {
  if (has_relative_entry(text_of("PATH")))
    findings.push_back({Level::poor, "path/relative",
                        "PATH has a relative entry: what runs depends on the current directory",
                        "echo $PATH"});
  return gos_on_path(text_of("PATH"));
}

void check_path(const std::vector<OnPath>& gos, Findings& findings) {
  const auto shim = std::ranges::find_if(gos, &OnPath::is_gomend);
  if (shim == gos.end()) {
    findings.push_back({Level::poor, "path/no-shim",
                        "the go on PATH is not gomend: no automatic repair", "gomend install"});
    return;
  }
  if (shim != gos.begin()) {
    const std::string dir = shim->path.substr(0, shim->path.rfind('/'));
    findings.push_back({Level::bad, "path/shim-not-first",
                        gos.front().path + " comes before gomend's " + shim->path + " on PATH",
                        "export PATH=" + recovery::quoted(dir) + ":$PATH"});
    return;
  }
  if (shim->is_link)
    findings.push_back(
        {Level::poor, "path/shim-is-link",
         shim->path + " is a symbolic link: tools that resolve it do not find GOROOT",
         "cp --remove-destination \"$(readlink -f " + recovery::quoted(shim->path) + ")\" " +
             recovery::quoted(shim->path)});
  if (const std::string mode = text_of("GOMEND"); recovery::mode_of(mode) == recovery::Mode::off)
    findings.push_back(
        {Level::poor, "path/off", "GOMEND=" + mode + ": automatic repair is off", "unset GOMEND"});
  findings.push_back(
      {Level::good, "path", "gomend " GOMEND_VERSION " is first on PATH: " + shim->path, ""});
}

// The go that is behind it, if there is one that runs.
std::optional<RealGo> check_go(Findings& findings) {
  const auto go = find_real_go();
  if (!go) {
    const NoGo none = why_no_go();
    const bool is_named = !text_of("GOMEND_REAL_GO").empty();
    findings.push_back({Level::bad, is_named ? "go/named" : "go/absent", none.words, none.next});
  } else if (!is_program_or_script(go->path)) {
    findings.push_back({Level::bad, "go/named",
                        go->path + " is not an executable (no ELF header and no #!)",
                        "file " + recovery::quoted(go->path)});
  }
  return go;
}

void tell_version(const RealGo& go, const std::string& version, Findings& findings) {
  const int minor = version.starts_with("go1.") ? atoi(version.c_str() + 4) : 99;
  if (minor < 19)
    findings.push_back({Level::poor, "go/old",
                        go.path + " is " + version + ": gomend supports go1.19 and later",
                        "go version"});
  else
    findings.push_back({Level::good, "go",
                        "real go: " + go.path + ", " + version +
                            (go.loop_guard.empty() ? "" : " (through a version manager)"),
                        ""});
}

// With a GOROOT that is none go answers nothing at all: the rest is asked without it.
void check_root(recovery::Request& request, Findings& findings) {
  const std::string root = text_of("GOROOT");
  if (root.empty() || access((root + "/src/runtime").c_str(), F_OK) == 0) return;
  findings.push_back({Level::bad, "settings/goroot",
                      "GOROOT=" + root + " is not a Go installation (no src/runtime)",
                      "unset GOROOT"});
  std::erase_if(request.env, [](const std::string& one) { return one.starts_with("GOROOT="); });
}

void check_state(Findings& findings) {
  const std::string dir = recovery::state_dir(env_of(environ));
  struct stat st;
  if (dir.empty() || stat(dir.c_str(), &st) != 0) return;
  if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
    findings.push_back({Level::poor, "state",
                        dir + " is not private to you (mode 0700): no journal is written",
                        "chmod 700 " + recovery::quoted(dir)});
}

void check_rules(Findings& findings) {
  const recovery::UserRules rules = rules_here();
  const auto tell = [&](const std::string& failure) {
    if (!failure.empty())
      findings.push_back({Level::poor, "rules", failure, "gomend patterns where"});
  };
  tell(rules.failure);
  for (const auto& file : rules.files) tell(file.failure);
}

void check_own_settings(Findings& findings) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  const auto config = recovery::read_config(env_of(environ), recovery::project_around(here));
  for (const std::string& one : config.complaints)
    findings.push_back({Level::poor, "settings/gomend", one, "gomend help"});
}

// --- telling ---

struct Setting {
  std::string name, value, from;
};

std::vector<Setting> settings_of(const recovery::DoctorContext& context) {
  std::vector<Setting> all;
  for (const auto& [name, value] : context.values)
    all.push_back(
        {name, name == "GOPROXY" ? recovery::redacted_proxies(value) : recovery::redacted(value),
         context.where(name)});
  return all;
}

std::string json_of(const Findings& findings, const std::vector<Setting>& settings) {
  Json remarks = Json::array(), all = Json::array();
  for (const Finding& r : findings) {
    const char* level = r.level == Level::good ? "good" : r.level == Level::poor ? "poor" : "bad";
    remarks.push_back({{"id", r.id}, {"level", level}, {"words", r.words}, {"next", r.next}});
  }
  for (const Setting& s : settings)
    all.push_back({{"name", s.name}, {"value", s.value}, {"from", s.from}});
  const bool is_ok =
      std::ranges::none_of(findings, [](const Finding& r) { return r.level == Level::bad; });
  return Json{{"ok", is_ok}, {"remarks", remarks}, {"settings", all}}.pretty();
}

std::string line_of(const Finding& r, const Paint& paint) {
  const std::string mark = r.level == Level::good   ? paint.good("✓")
                           : r.level == Level::poor ? paint.poor("!")
                                                    : paint.bad("✗");
  std::string text = mark + " " + wrapped(printable(r.words), paint.finding_width(), 2) + "\n";
  if (!r.next.empty())
    text += "  " + std::string(recovery::next_label(r.next)) + ": " +
            paint.bold(printable(r.next)) + "\n";
  return text;
}

std::string text_of(const Findings& findings, const std::vector<Setting>& settings,
                    const Paint& paint) {
  std::string text;
  for (const Finding& r : findings) text += line_of(r, paint);
  std::string set;
  for (const Setting& s : settings) {
    if (s.from != "go's default" && !s.value.empty())
      set += "  " + printable(s.name + "=" + s.value) + paint.faint("  (" + s.from + ")") + "\n";
  }
  if (!set.empty()) text += "settings that are not go's defaults:\n" + set;
  const auto count = [&](Level level) {
    return std::ranges::count_if(findings, [&](const Finding& r) { return r.level == level; });
  };
  const auto bad = count(Level::bad), poor = count(Level::poor);
  if (bad + poor == 0) return text + paint.good("no problems found") + "\n";
  const auto counted = [](auto n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  return text + counted(bad, "problem") + ", " + counted(poor, "warning") + "\n";
}

}  // namespace

static int doctor(const Call& call) {
  const ParsedArguments& given = call.given;
  Findings findings;
  std::vector<Setting> settings;
  check_path(look_at_path(findings), findings);
  const auto go = check_go(findings);
  check_state(findings);
  check_rules(findings);
  check_own_settings(findings);
  if (go) {
    Session session;
    session.go = go->path;
    session.argv = {"go", "env"};
    session.env = environ;
    session.command.verb = "env";
    recovery::Request request = request_for(session, "", now_ns());
    check_root(request, findings);
    try {
      const recovery::DoctorContext context = recovery::receive(request, findings);
      tell_version(*go, context.settings.go_version, findings);
      recovery::check_caches(context, findings);
      recovery::check_settings(context, findings);
      recovery::check_project(context, findings);
      if (given.has("network")) recovery::ask_sources(context, findings);
      settings = settings_of(context);
    } catch (const std::exception& error) {
      findings.push_back({Level::bad, "go/env-fails", error.what(), "go env"});
    }
  }
  if (given.has("json"))
    write_out(json_of(findings, settings));
  else
    write_out(text_of(findings, settings, Paint(STDOUT_FILENO)));
  const bool any =
      std::ranges::any_of(findings, [](const Finding& r) { return r.level == Level::bad; });
  return any ? 1 : 0;
}

const CommandRow& doctor_row() {
  static const CommandRow row{
      .name = "doctor",
      .summary = "check Go on this machine: PATH, caches, settings, the project",
      .arguments = "",
      .about =
          "Checks PATH, the real go, the caches (owner, modes, free space, file system), go's "
          "settings and where each is set, and the project in this directory. A line each: "
          "✓ ok, ! a warning, ✗ a problem; with the command that fixes it. Nothing is changed.",
      .options = {{"network", "", "ask each source once, through go, and show how long it took"},
                  json_option},
      .examples = {{"gomend doctor --network", "is it the network?"}},
      .status = "0 no problems, 1 problems found, 2 could not be determined",
      .json = {{"ok", "true if no remark is bad"},
               {"remarks",
                "list of objects: id (stable, as in settings/sumdb-off), level (good, "
                "poor or bad), words, next (a command, or empty)"},
               {"settings",
                "list of objects: name, value (passwords taken out), from (the "
                "environment, go's env file, go's default)"}},
      .run = doctor};
  return row;
}

}  // namespace shim

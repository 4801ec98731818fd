#include "shim/commands/doctor.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "recovery/checkup.hpp"
#include "recovery/journal.hpp"
#include "recovery/run.hpp"
#include "shim/commands/gos_on_path.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/paint.hpp"
#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Remark;
using recovery::Remarks;
using Level = Remark::Level;

constexpr auto replace = nlohmann::json::error_handler_t::replace;

std::string text_of(const char* variable) {
  const char* value = getenv(variable);
  return value == nullptr ? "" : value;
}

// --- PATH, and which go is behind it ---

std::vector<OnPath> look_at_path(Remarks& remarks) {
  if (has_relative_entry(text_of("PATH")))
    remarks.push_back(
        {Level::poor, "path/relative",
         "PATH has an entry that is no absolute path: what runs depends on where you are",
         "echo $PATH"});
  return gos_on_path(text_of("PATH"));
}

void check_path(const std::vector<OnPath>& gos, Remarks& remarks) {
  const auto shim = std::ranges::find_if(gos, &OnPath::is_gomend);
  if (shim == gos.end()) {
    remarks.push_back({Level::poor, "path/no-shim",
                       "no gomend stands under the name go on PATH: nothing is mended by itself",
                       "gomend install"});
    return;
  }
  if (shim != gos.begin()) {
    const std::string dir = shim->path.substr(0, shim->path.rfind('/'));
    remarks.push_back({Level::bad, "path/shim-not-first",
                       gos.front().path + " stands before gomend's " + shim->path + " on PATH",
                       "export PATH=" + dir + ":$PATH"});
    return;
  }
  if (shim->is_link)
    remarks.push_back(
        {Level::poor, "path/shim-is-link",
         shim->path + " is a symbolic link: tools that follow it don't find GOROOT",
         "cp --remove-destination \"$(readlink -f " + shim->path + ")\" " + shim->path});
  if (text_of("GOMEND") == "off")
    remarks.push_back(
        {Level::poor, "path/off", "GOMEND=off is set: nothing is mended", "unset GOMEND"});
  remarks.push_back(
      {Level::good, "path", "gomend " GOMEND_VERSION " is first on PATH: " + shim->path, ""});
}

// The go that is behind it, if there is one that runs.
std::optional<RealGo> check_go(Remarks& remarks) {
  const auto go = find_real_go();
  const std::string named = text_of("GOMEND_REAL_GO");
  if (!named.empty() && (!go || go->path != named))
    remarks.push_back({Level::bad, "go/named", "GOMEND_REAL_GO=" + named + " is no go that runs",
                       "unset GOMEND_REAL_GO"});
  if (!go) {
    remarks.push_back({Level::bad, "go/absent", "no go on PATH, nor in the usual places",
                       "export GOMEND_REAL_GO=/path/to/go"});
    return std::nullopt;
  }
  return go;
}

void tell_version(const RealGo& go, const std::string& version, Remarks& remarks) {
  const int minor = version.starts_with("go1.") ? atoi(version.c_str() + 4) : 99;
  if (minor < 19)
    remarks.push_back({Level::poor, "go/old",
                       go.path + " is " + version + ": gomend knows 1.19 and later", "go version"});
  else
    remarks.push_back({Level::good, "go",
                       "behind it " + go.path + ", " + version +
                           (go.loop_guard.empty() ? "" : " (by way of a version manager)"),
                       ""});
}

// With a GOROOT that is none go answers nothing at all: the rest is asked without it.
void check_root(recovery::Request& request, Remarks& remarks) {
  const std::string root = text_of("GOROOT");
  if (root.empty() || access((root + "/src/runtime").c_str(), F_OK) == 0) return;
  remarks.push_back(
      {Level::bad, "settings/goroot", "GOROOT=" + root + " holds no Go", "unset GOROOT"});
  std::erase_if(request.env, [](const std::string& one) { return one.starts_with("GOROOT="); });
}

void check_state(Remarks& remarks) {
  const std::string dir = recovery::state_dir(env_of(environ));
  struct stat st;
  if (dir.empty() || stat(dir.c_str(), &st) != 0) return;
  if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
    remarks.push_back({Level::poor, "state",
                       dir + " is not yours alone: gomend keeps no journal there",
                       "chmod 700 " + dir});
}

// --- telling ---

struct Setting {
  std::string name, value, from;
};

std::vector<Setting> settings_of(const recovery::Patient& patient) {
  std::vector<Setting> all;
  for (const auto& [name, value] : patient.values)
    all.push_back({name, recovery::without_passwords(value), patient.where(name)});
  return all;
}

std::string json_of(const Remarks& remarks, const std::vector<Setting>& settings) {
  nlohmann::ordered_json object;
  object["ok"] =
      std::ranges::none_of(remarks, [](const Remark& r) { return r.level == Level::bad; });
  object["remarks"] = nlohmann::ordered_json::array();
  for (const Remark& r : remarks) {
    const char* level = r.level == Level::good ? "good" : r.level == Level::poor ? "poor" : "bad";
    object["remarks"].push_back(
        {{"id", r.id}, {"level", level}, {"words", r.words}, {"next", r.next}});
  }
  object["settings"] = nlohmann::ordered_json::array();
  for (const Setting& s : settings)
    object["settings"].push_back({{"name", s.name}, {"value", s.value}, {"from", s.from}});
  return object.dump(2, ' ', false, replace) + "\n";
}

std::string line_of(const Remark& r, const Paint& paint) {
  const std::string mark = r.level == Level::good   ? paint.good("✓")
                           : r.level == Level::poor ? paint.poor("!")
                                                    : paint.bad("✗");
  std::string text = mark + " " + wrapped(printable(r.words), paint.width(), 2) + "\n";
  if (!r.next.empty()) text += "  next: " + paint.bold(printable(r.next)) + "\n";
  return text;
}

std::string text_of(const Remarks& remarks, const std::vector<Setting>& settings,
                    const Paint& paint) {
  std::string text;
  for (const Remark& r : remarks) text += line_of(r, paint);
  std::string set;
  for (const Setting& s : settings) {
    if (s.from != "go's default" && !s.value.empty())
      set += "  " + printable(s.name + "=" + s.value) + paint.faint("  (" + s.from + ")") + "\n";
  }
  if (!set.empty()) text += "set by you:\n" + set;
  const auto count = [&](Level level) {
    return std::ranges::count_if(remarks, [&](const Remark& r) { return r.level == level; });
  };
  const auto bad = count(Level::bad), poor = count(Level::poor);
  if (bad + poor == 0) return text + paint.good("all is well") + "\n";
  return text + std::to_string(bad) + " to mend, " + std::to_string(poor) + " to think about\n";
}

}  // namespace

int doctor(const Arguments& arguments) {
  const Chosen chosen = parse("doctor", arguments, 0);
  Remarks remarks;
  std::vector<Setting> settings;
  check_path(look_at_path(remarks), remarks);
  const auto go = check_go(remarks);
  check_state(remarks);
  if (go) {
    Session session;
    session.go = go->path;
    session.argv = {"go", "env"};
    session.env = environ;
    session.command.verb = "env";
    recovery::Request request = request_for(session, "", now_ns());
    check_root(request, remarks);
    try {
      const recovery::Patient patient = recovery::receive(request, remarks);
      tell_version(*go, patient.settings.go_version, remarks);
      recovery::check_caches(patient, remarks);
      recovery::check_settings(patient, remarks);
      recovery::check_project(patient, remarks);
      if (chosen.has("network")) recovery::ask_sources(patient, remarks);
      settings = settings_of(patient);
    } catch (const std::exception& error) {
      remarks.push_back({Level::bad, "go/env-fails", error.what(), "go env"});
    }
  }
  if (chosen.has("json"))
    write_all(STDOUT_FILENO, json_of(remarks, settings));
  else
    write_all(STDOUT_FILENO, text_of(remarks, settings, Paint(STDOUT_FILENO)));
  const bool any =
      std::ranges::any_of(remarks, [](const Remark& r) { return r.level == Level::bad; });
  return any ? 1 : 0;
}

}  // namespace shim

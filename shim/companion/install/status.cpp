#include "shim/companion/install/status.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recovery/os/env.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/text.hpp"
#include "recovery/os/trusted_file.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/own_settings.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/install/gos_on_path.hpp"
#include "shim/companion/install/installation.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

struct Status {
  std::string first;  // the go that is first on PATH
  std::string shim;   // the first gomend among them
  std::string real;   // the go behind it
  NoGo none;          // why there is none
  bool runs = true;   // as far as its first bytes tell
  bool by_manager = false;
  std::string mode;                    // on, advise, off
  std::vector<std::string> installed;  // directories
  std::vector<std::string> startup_files;
  std::vector<std::string> complaints;  // settings of gomend's that do not count
  bool is_first() const { return !shim.empty() && shim == first; }
  bool repairs() const { return is_first() && !real.empty() && runs && mode == "on"; }
};

void add(Status& status, const Installation& place) {
  if (!is_gomend(place.in("bin/go").c_str()) ||
      std::ranges::find(status.installed, place.dir) != status.installed.end())
    return;
  status.installed.push_back(place.dir);
  try {
    if (const auto record = read_record(place))
      status.startup_files.insert(status.startup_files.end(), record->blocks.begin(),
                                  record->blocks.end());
  } catch (const std::runtime_error&) {
    // install makes it anew
  }
}

Status look(const std::vector<std::string>& env) {
  Status status;
  for (const OnPath& go : gos_on_path(recovery::env_value(env, "PATH"))) {
    if (status.first.empty()) status.first = go.path;
    if (status.shim.empty() && go.is_gomend) status.shim = go.path;
  }
  if (const auto go = find_real_go()) {
    status.real = go->path;
    status.by_manager = !go->loop_guard.empty();
    status.runs = is_program_or_script(go->path);
  } else {
    status.none = why_no_go();
  }
  const auto mode = recovery::mode_of(recovery::env_value(env, "GOMEND"));
  status.mode = mode == recovery::Mode::off      ? "off"
                : mode == recovery::Mode::advise ? "advise"
                                                 : "on";
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  status.complaints = recovery::read_config(env, recovery::project_around(here)).complaints;
  if (const auto own = own_installation()) add(status, *own);
  if (const auto users = user_installation(env)) add(status, *users);
  add(status, {system_dir, true});
  return status;
}

std::string next_step(const Status& status) {
  if (status.mode == "off") return "unset GOMEND";
  if (status.real.empty()) return status.none.next;
  if (status.is_first()) return "";
  if (!status.shim.empty())
    return "export PATH=" + recovery::quoted(status.shim.substr(0, status.shim.rfind('/'))) +
           ":$PATH";
  if (!status.installed.empty())
    return "eval \"$(" + recovery::quoted(status.installed.front() + "/bin/gomend") +
           " activate sh)\"";
  return "gomend install";
}

std::string json_of(const Status& s) {
  return recovery::Json{{"version", GOMEND_VERSION},
                        {"repairs", s.repairs()},
                        {"first", s.is_first()},
                        {"first_go", s.first},
                        {"shim", s.shim},
                        {"real_go", s.real},
                        {"no_go", s.none.words},
                        {"by_version_manager", s.by_manager},
                        {"mode", s.mode},
                        {"installed", s.installed},
                        {"startup_files", s.startup_files},
                        {"complaints", s.complaints},
                        {"next", next_step(s)}}
      .pretty();
}

std::string text_of(const Status& s, const Paint& paint) {
  const auto line = [&](bool is_good, const std::string& words) {
    return (is_good ? paint.good("✓") : paint.bad("✗")) + " " + printable(words) + "\n";
  };
  std::string text =
      s.is_first()     ? line(true, "gomend " GOMEND_VERSION " is first on PATH: " + s.shim)
      : s.shim.empty() ? line(false, "the go on PATH is not gomend")
                       : line(false, s.first + " comes before gomend's " + s.shim + " on PATH");
  text +=
      s.real.empty() ? line(false, s.none.words)
      : !s.runs
          ? line(false, "real go: " + s.real + " is not an executable (no ELF header and no #!)")
          : line(true, "real go: " + s.real + (s.by_manager ? " (a version manager's)" : ""));
  text += line(s.mode == "on", s.mode == "on"    ? "enabled"
                               : s.mode == "off" ? "disabled (GOMEND=off)"
                                                 : "advice only (GOMEND=advise)");
  for (const std::string& one : s.complaints) text += paint.poor("!") + " " + printable(one) + "\n";
  for (const std::string& dir : s.installed) text += "  installed in " + printable(dir) + "\n";
  for (const std::string& file : s.startup_files) text += "  read from " + printable(file) + "\n";
  if (const std::string next = next_step(s); !next.empty())
    text += "  run: " + paint.bold(printable(next)) + "\n";
  return text;
}

}  // namespace

static int status(const Call& call) {
  const ParsedArguments& given = call.given;
  const Status found = look(env_of(environ));
  write_out(given.has("json") ? json_of(found) : text_of(found, Paint(STDOUT_FILENO)));
  return found.repairs() ? 0 : 1;
}

const CommandRow& status_row() {
  static const CommandRow row{
      .name = "status",
      .summary = "show whether gomend is first on PATH, the real go, and whether it is enabled",
      .arguments = "",
      .about = "",
      .options = {json_option},
      .examples = {},
      .status = "0 go commands are repaired automatically, 1 they are not",
      .json = {{"version", "of this gomend"},
               {"repairs", "true if a go command typed here is repaired automatically"},
               {"first", "true if the first go on PATH is a gomend"},
               {"first_go", "the first go on PATH"},
               {"shim", "the first gomend under that name on PATH"},
               {"real_go", "the real go; empty if there is none"},
               {"no_go", "why there is none; else empty"},
               {"by_version_manager", "true if that is a version manager's shim"},
               {"mode", "on, advise or off (GOMEND)"},
               {"complaints", "list: settings of gomend's that are ignored, and why"},
               {"installed", "list of directories with a gomend and its go"},
               {"startup_files", "list of files with its block"},
               {"next", "a command that fixes it, or empty"}},
      .run = status};
  return row;
}

}  // namespace shim

#include "shim/commands/status.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "recovery/run.hpp"
#include "shim/commands/gos_on_path.hpp"
#include "shim/commands/installation.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/paint.hpp"
#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

struct Status {
  std::string first;  // the go that is first on PATH
  std::string shim;   // the first gomend among them
  std::string real;   // the go behind it
  bool by_manager = false;
  std::string mode;                    // on, advise, off
  std::vector<std::string> installed;  // directories
  std::vector<std::string> startup_files;
  bool is_first() const { return !shim.empty() && shim == first; }
  bool mends() const { return is_first() && !real.empty() && mode == "on"; }
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
  }
  const std::string mode = recovery::env_value(env, "GOMEND");
  status.mode = mode == "off" || mode == "advise" ? mode : "on";
  if (const auto own = own_installation()) add(status, *own);
  if (const auto users = user_installation(env)) add(status, *users);
  add(status, {system_dir, true});
  return status;
}

std::string next_step(const Status& status) {
  if (status.mode == "off") return "unset GOMEND";
  if (status.real.empty()) return "export GOMEND_REAL_GO=/path/to/go";
  if (status.is_first()) return "";
  if (!status.shim.empty())
    return "export PATH=" + status.shim.substr(0, status.shim.rfind('/')) + ":$PATH";
  if (!status.installed.empty())
    return "eval \"$(" + status.installed.front() + "/bin/gomend activate sh)\"";
  return "gomend install";
}

std::string json_of(const Status& s) {
  const nlohmann::ordered_json object{{"version", GOMEND_VERSION},
                                      {"mends", s.mends()},
                                      {"first", s.is_first()},
                                      {"first_go", s.first},
                                      {"shim", s.shim},
                                      {"real_go", s.real},
                                      {"by_version_manager", s.by_manager},
                                      {"mode", s.mode},
                                      {"installed", s.installed},
                                      {"startup_files", s.startup_files},
                                      {"next", next_step(s)}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string text_of(const Status& s, const Paint& paint) {
  const auto line = [&](bool is_good, const std::string& words) {
    return (is_good ? paint.good("✓") : paint.bad("✗")) + " " + printable(words) + "\n";
  };
  std::string text =
      s.is_first()     ? line(true, "gomend " GOMEND_VERSION " is first on PATH: " + s.shim)
      : s.shim.empty() ? line(false, "no gomend stands under the name go on PATH")
                       : line(false, s.first + " stands before gomend's " + s.shim + " on PATH");
  text += s.real.empty() ? line(false, "no go behind it, on PATH or in the usual places")
                         : line(true, "the go behind it: " + s.real +
                                          (s.by_manager ? " (a version manager's)" : ""));
  text += line(s.mode == "on", s.mode == "on"    ? "it is on"
                               : s.mode == "off" ? "GOMEND=off turns it off"
                                                 : "GOMEND=advise: it says what it would do");
  for (const std::string& dir : s.installed) text += "  installed in " + printable(dir) + "\n";
  for (const std::string& file : s.startup_files) text += "  read from " + printable(file) + "\n";
  if (const std::string next = next_step(s); !next.empty())
    text += "  next: " + paint.bold(printable(next)) + "\n";
  return text;
}

}  // namespace

int status(const Arguments& arguments) {
  const Chosen chosen = parse("status", arguments, 0);
  const Status found = look(env_of(environ));
  write_all(STDOUT_FILENO,
            chosen.has("json") ? json_of(found) : text_of(found, Paint(STDOUT_FILENO)));
  return found.mends() ? 0 : 1;
}

}  // namespace shim

#include "recovery/upkeep/doctor/checkup.hpp"

#include <array>
#include <stdexcept>

#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/go_setting.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

constexpr std::array named_settings{
    "GO111MODULE", "GOAUTH",      "GOBIN",      "GOCACHE",   "GOCACHEPROG", "GODEBUG",
    "GOENV",       "GOFLAGS",     "GOINSECURE", "GOMOD",     "GOMODCACHE",  "GONOPROXY",
    "GONOSUMDB",   "GOPATH",      "GOPRIVATE",  "GOPROXY",   "GOROOT",      "GOSUMDB",
    "GOTMPDIR",    "GOTOOLCHAIN", "GOVCS",      "GOVERSION", "GOWORK"};

std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with(":") && line.size() < text.size()) {
    const std::string rest = text.substr(line.size() + 1);
    line += " " + rest.substr(0, rest.find('\n'));
  }
  return line;
}

std::map<std::string, std::string> read_values(const std::string& text) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : Json::parse(text).members()) {
    if (value.is_string()) values[name] = value.text();
  }
  return values;
}

// What can be told of go's settings, however little of go works here: all of them, else those that
// go needs neither a build cache nor a temporary directory for, else the same without what may keep
// go from answering at all.
std::map<std::string, std::string> ask_go(const Request& request, Findings& findings) {
  std::vector<std::string> argv{request.go, "env", "-json"};
  RunResult answer = run(argv, request.env, request.dir, 20s);
  if (answer.ok) return read_values(answer.out);
  argv.insert(argv.end(), named_settings.begin(), named_settings.end());
  answer = run(argv, request.env, request.dir, 20s);
  if (answer.ok) return read_values(answer.out);
  findings.push_back({Finding::Level::bad, "go/env-fails",
                      "go env fails: " + redacted(first_line(answer.err)), ""});
  std::vector<std::string> env = request.env;
  set_env(env, "GOTOOLCHAIN", "local");
  set_env(env, "GOFLAGS", "");
  return read_values(run(argv, env, request.dir, 20s).out);
}

}  // namespace

std::string DoctorContext::where(const std::string& name) const {
  return go_setting(request, settings, name).where();
}

std::string DoctorContext::undo(const std::string& name) const {
  const bool is_in_file = go_setting(request, settings, name).from == GoSetting::From::env_file;
  return is_in_file ? "go env -u " + name : "unset " + name;
}

std::string DoctorContext::set(const std::string& name, const std::string& value) const {
  const bool is_in_environment = !env_value(request.env, name).empty();
  return (is_in_environment ? "export " : "go env -w ") + name + "=" + quoted(value);
}

std::string DoctorContext::directory() const {
  return directory_of(settings.go_work.empty() ? settings.go_mod : settings.go_work);
}

DoctorContext receive(const Request& request, Findings& findings) {
  DoctorContext context{request, {}, ask_go(request, findings), {}};
  if (context.values.empty()) throw std::runtime_error("go env printed nothing");
  context.settings = read_settings(request);
  for (const char* name : {"GOTOOLCHAIN", "GOFLAGS"}) {  // as they stand, whoever answered
    const GoSetting setting = go_setting(request, context.settings, name);
    if (!setting.value.empty()) context.values[name] = setting.value;
  }
  context.config = read_config(request.env, directory_of(context.settings.go_mod));
  return context;
}

}  // namespace recovery

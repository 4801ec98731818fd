#include "recovery/checkup.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "recovery/go_setting.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"

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
  const auto answer = nlohmann::json::parse(text, nullptr, false);
  std::map<std::string, std::string> values;
  if (!answer.is_object()) return values;
  for (const auto& [name, value] : answer.items()) {
    if (value.is_string()) values[name] = value.get<std::string>();
  }
  return values;
}

// What can be told of go's settings, however little of go works here: all of them, else those that
// go needs neither a build cache nor a temporary directory for, else the same without what may keep
// go from answering at all.
std::map<std::string, std::string> ask_go(const Request& request, Remarks& remarks) {
  std::vector<std::string> argv{request.go, "env", "-json"};
  RunResult answer = run(argv, request.env, request.dir, 20s);
  if (answer.ok) return read_values(answer.out);
  argv.insert(argv.end(), named_settings.begin(), named_settings.end());
  answer = run(argv, request.env, request.dir, 20s);
  if (answer.ok) return read_values(answer.out);
  remarks.push_back({Remark::Level::bad, "go/env-fails",
                     "go env fails here: " + without_passwords(first_line(answer.err)), ""});
  std::vector<std::string> env = request.env;
  set_env(env, "GOTOOLCHAIN", "local");
  set_env(env, "GOFLAGS", "");
  return read_values(run(argv, env, request.dir, 20s).out);
}

}  // namespace

std::string Patient::where(const std::string& name) const {
  return go_setting(request, settings, name).where();
}

std::string Patient::undo(const std::string& name) const {
  const bool is_in_file = go_setting(request, settings, name).from == GoSetting::From::env_file;
  return is_in_file ? "go env -u " + name : "unset " + name;
}

std::string Patient::set(const std::string& name, const std::string& value) const {
  const bool is_in_environment = !env_value(request.env, name).empty();
  const bool is_bare = value.find_first_of("|;&$* '\"") == value.npos;
  return (is_in_environment ? "export " : "go env -w ") + name + "=" +
         (is_bare ? value : "'" + value + "'");
}

std::string Patient::directory() const {
  return directory_of(settings.go_work.empty() ? settings.go_mod : settings.go_work);
}

Patient receive(const Request& request, Remarks& remarks) {
  Patient patient{request, {}, ask_go(request, remarks), {}};
  if (patient.values.empty()) throw std::runtime_error("go env gives no answer");
  patient.settings = read_settings(request);
  for (const char* name : {"GOTOOLCHAIN", "GOFLAGS"}) {  // as they stand, whoever answered
    const GoSetting setting = go_setting(request, patient.settings, name);
    if (!setting.value.empty()) patient.values[name] = setting.value;
  }
  patient.config = read_config(request.env, directory_of(patient.settings.go_mod));
  return patient;
}

std::string without_passwords(const std::string& value) {
  std::string text = value;
  for (std::size_t at = text.find("://"); at != text.npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(text.find_first_of("/,| \t", begin), text.size());
    const std::size_t user = text.rfind('@', end == 0 ? 0 : end - 1);
    if (user != text.npos && user >= begin && user < end) text.replace(begin, user - begin, "***");
  }
  return text;
}

}  // namespace recovery

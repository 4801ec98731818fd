#include "recovery/upkeep/isolate.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "recovery/go/h1.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/root.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

constexpr std::array changed{"GOMODCACHE", "GOCACHE", "GOPROXY"};
constexpr char mark[] = "GOMEND_ISOLATED";           // the directory
constexpr std::string_view outer = "GOMEND_OUTER_";  // what a variable was before, if it was set

std::optional<std::string> value_of(const std::vector<std::string>& env, const std::string& name) {
  for (const std::string& entry : env)
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  return std::nullopt;
}

// The environment before: an isolation within another reads the user's cache, not that one's.
std::vector<std::string> environment_before(std::vector<std::string> env) {
  for (const Variable& variable : way_back(env)) {
    std::erase_if(env,
                  [&](const std::string& entry) { return entry.starts_with(variable.name + "="); });
    if (variable.value) env.push_back(variable.name + "=" + *variable.value);
  }
  return env;
}

std::string project_of(const Settings& settings, const std::string& dir) {
  if (!settings.go_work.empty()) return directory_of(settings.go_work);
  if (!settings.go_mod.empty()) return directory_of(settings.go_mod);
  return dir;
}

std::string name_of(const std::string& project) {
  std::string name = project.substr(project.rfind('/') + 1, 60);
  for (char& c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    if (!is_plain) c = '_';
  }
  return name + "-" + sha256_hex(project).substr(0, 12);
}

std::string make_in_state(const Request& request, const std::string& project) {
  const std::string state = make_state_dir(request.env);
  if (state.empty())
    throw std::runtime_error(
        "no private state directory for the caches; run: gomend isolate --inside");
  const Root root(state);
  const std::string name = "isolated/" + name_of(project);
  root.make_directories(name);
  root.chmod(name, 0700);
  return root.absolute(name);
}

// git and archivers pass it by; go passes by what begins with a dot.
std::string make_in_project(const std::string& project) {
  const Root root(project);
  const std::string name = ".gomend";
  root.make_directories(name);
  const auto put = [&](const std::string& file, std::string_view bytes) {
    if (root.stat(file).kind == Kind::absent) root.write_new(file, bytes, 0666);
  };
  put(name + "/.gitignore", "*\n");
  put(name + "/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
  return root.absolute(name);
}

}  // namespace

Isolation isolate(const Request& here, Place place) {
  Request request = here;
  request.env = environment_before(here.env);
  set_env(request.env, "PWD", request.dir);
  const Settings settings = read_settings(request);
  if (!settings.mod_cache.starts_with("/"))
    throw std::runtime_error("GOMODCACHE is not an absolute path; run: go env -u GOMODCACHE");
  const std::string project = project_of(settings, request.dir);
  Isolation isolation;
  isolation.directory =
      place == Place::project ? make_in_project(project) : make_in_state(request, project);
  isolation.shared = settings.mod_cache;
  const std::string proxy = settings.proxy.empty() ? "direct" : settings.proxy;
  isolation.variables = {
      {"GOMODCACHE", isolation.directory + "/mod"},
      {"GOCACHE", isolation.directory + "/build"},
      {"GOPROXY", file_url(settings.mod_cache + "/cache/download") + "|" + proxy},
      {mark, isolation.directory}};
  for (const char* name : changed)
    isolation.variables.push_back({std::string(outer) + name, value_of(request.env, name)});
  return isolation;
}

std::vector<Variable> way_back(const std::vector<std::string>& env) {
  if (!value_of(env, mark)) return {};
  std::vector<Variable> variables;
  for (const char* name : changed)
    variables.push_back({name, value_of(env, std::string(outer) + name)});
  for (const char* name : changed) variables.push_back({std::string(outer) + name, std::nullopt});
  variables.push_back({mark, std::nullopt});
  return variables;
}

// What would end an entry of GOPROXY, and all that is no path's in a URL.
std::string file_url(const std::string& absolute_path) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string url = "file://";
  for (const char c : absolute_path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                          std::string_view("/-._~@+").find(c) != std::string_view::npos;
    if (is_plain)
      url += c;
    else
      url += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return url;
}

}  // namespace recovery

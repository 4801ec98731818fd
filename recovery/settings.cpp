#include "recovery/settings.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "recovery/config.hpp"
#include "recovery/go_mod.hpp"
#include "recovery/run.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

nlohmann::json ask_go(const Request& request, const std::vector<std::string>& env) {
  const std::vector<std::string> argv{
      request.go, "env",     "-json",     "GOMODCACHE", "GOCACHE",   "GOPATH",    "GOVERSION",
      "GOPROXY",  "GOSUMDB", "GONOSUMDB", "GOFLAGS",    "GONOPROXY", "GOPRIVATE", "GOMOD",
      "GOWORK",   "GOROOT",  "GOHOSTOS",  "GOHOSTARCH", "GOENV",     "GOAUTH",    "GOCACHEPROG"};
  const RunResult result = run(argv, env, request.dir, 20s);
  auto answer = nlohmann::json::parse(result.out, nullptr, false);
  return result.ok && answer.is_object() ? answer : nlohmann::json();
}

std::string text_of(const nlohmann::json& answer, const char* name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string sum_beside(const std::string& mod_file) {
  return mod_file.substr(0, mod_file.size() - (mod_file.ends_with(".mod") ? 4 : 0)) + ".sum";
}

// Flags of run and install whose value may be the next word.
bool takes_value(std::string_view flag) {
  static constexpr std::array flags{
      "C",          "asmflags", "buildmode",     "compiler", "covermode", "coverpkg", "exec",
      "gccgoflags", "gcflags",  "installsuffix", "ldflags",  "mod",       "modfile",  "o",
      "overlay",    "p",        "pgo",           "pkgdir",   "tags",      "toolexec"};
  return std::ranges::find(flags, flag) != flags.end();
}

// `go run P@V` and `go install P@V` look at no go.mod of the user's.
bool names_a_version(const Request& request) {
  if (request.verb != "run" && request.verb != "install") return false;
  bool is_behind_verb = false;
  for (std::size_t i = 1; i < request.argv.size(); ++i) {
    const std::string& argument = request.argv[i];
    if (argument == "--") break;
    if (argument.starts_with("-")) {
      if (takes_value(argument.substr(argument.starts_with("--") ? 2 : 1))) ++i;
      continue;
    }
    if (!is_behind_verb) {
      is_behind_verb = true;
      continue;
    }
    if (argument.find('@') != argument.npos) return true;
    if (request.verb == "run") break;  // what follows the package belongs to the program
  }
  return false;
}

// -mod=vendor, or a vendor directory that go takes by itself: whatever it holds, the cache is not
// looked at.
bool uses_vendor(const Request& request, const Settings& s) {
  const std::string mod = flag_value(request, s.flags, "mod");
  if (!mod.empty()) return mod == "vendor";
  const std::string& main = s.go_work.empty() ? s.go_mod : s.go_work;
  const std::string modules = main.substr(0, main.rfind('/')) + "/vendor/modules.txt";
  return !main.empty() && !read_text_file(modules).empty();
}

void find_files(const Request& request, Settings& s) {
  if (s.go_mod == "/dev/null") s.go_mod.clear();
  if (s.go_work == "off") s.go_work.clear();
  s.ignores_main_module = names_a_version(request);
  if (s.ignores_main_module) return;
  s.is_vendored = uses_vendor(request, s);
  if (!s.go_work.empty()) {
    s.sum_files.push_back(s.go_work + ".sum");
    for (const std::string& dir : work_modules(s.go_work)) {
      s.mod_files.push_back(dir + "/go.mod");
      s.sum_files.push_back(dir + "/go.sum");
    }
    return;
  }
  if (s.go_mod.empty()) return;
  std::string mod_file = flag_value(request, s.flags, "modfile");
  if (mod_file.empty()) mod_file = s.go_mod;
  if (!mod_file.starts_with("/")) mod_file = request.dir + "/" + mod_file;
  s.mod_files.push_back(mod_file);
  s.sum_files.push_back(sum_beside(mod_file));
}

}  // namespace

std::string flag_value(const Request& request, const std::string& goflags,
                       const std::string& name) {
  std::string value;
  std::istringstream flags(goflags);
  for (std::string flag; flags >> flag;) {
    const std::size_t begin = flag.starts_with("--") ? 2 : 1;
    if (flag.starts_with("-") && flag.substr(begin).starts_with(name + "=")) {
      value = flag.substr(begin + name.size() + 1);
    }
  }
  for (std::size_t i = 1; i < request.argv.size(); ++i) {
    const std::string& argument = request.argv[i];
    if (argument == "--") break;
    if (!argument.starts_with("-")) continue;
    const std::string flag = argument.substr(argument.starts_with("--") ? 2 : 1);
    if (flag.starts_with(name + "=")) value = flag.substr(name.size() + 1);
    if (flag == name && i + 1 < request.argv.size()) value = request.argv[++i];
  }
  return value;
}

Settings read_settings(const Request& request) {
  nlohmann::json answer = ask_go(request, request.env);
  if (answer.is_null()) {
    // What keeps go from answering may be the very fault: a toolchain that can't be had, a torn
    // go.mod.
    std::vector<std::string> env = request.env;
    set_env(env, "GOTOOLCHAIN", "local");
    set_env(env, "GOFLAGS", "");
    answer = ask_go(request, env);
  }
  if (answer.is_null()) throw std::runtime_error("go env gave no answer");
  Settings s;
  s.mod_cache = text_of(answer, "GOMODCACHE");
  s.build_cache = text_of(answer, "GOCACHE");
  while (s.build_cache.size() > 1 && s.build_cache.ends_with("/")) s.build_cache.pop_back();
  s.cache_program = text_of(answer, "GOCACHEPROG");
  s.go_path = text_of(answer, "GOPATH");
  s.go_path = s.go_path.substr(0, s.go_path.find(':'));
  s.go_version = text_of(answer, "GOVERSION");
  s.proxy = text_of(answer, "GOPROXY");
  s.sumdb = text_of(answer, "GOSUMDB");
  s.no_sumdb = text_of(answer, "GONOSUMDB");
  s.no_proxy = text_of(answer, "GONOPROXY");
  s.go_private = text_of(answer, "GOPRIVATE");
  s.go_mod = text_of(answer, "GOMOD");
  s.go_work = text_of(answer, "GOWORK");
  s.flags = text_of(answer, "GOFLAGS");
  s.go_root = text_of(answer, "GOROOT");
  s.platform = text_of(answer, "GOHOSTOS") + "-" + text_of(answer, "GOHOSTARCH");
  s.env_file = text_of(answer, "GOENV");
  s.auth = text_of(answer, "GOAUTH");
  while (s.mod_cache.size() > 1 && s.mod_cache.ends_with("/")) s.mod_cache.pop_back();
  find_files(request, s);
  const Config config = read_config(request.env, s.go_mod.substr(0, s.go_mod.rfind('/')));
  s.keep = keep_for(config.keep, request.env, lies_in_image_layer(s.mod_cache));
  return s;
}

}  // namespace recovery

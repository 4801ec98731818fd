#include "recovery/settings/settings.hpp"

#include <algorithm>
#include <stdexcept>

#include "recovery/go/go_flags.hpp"
#include "recovery/go/go_mod.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/run.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

// No object where it can't say.
Json ask_go(const Request& request, const std::vector<std::string>& env) {
  const std::vector<std::string> argv{
      request.go, "env",     "-json",     "GOMODCACHE", "GOCACHE",   "GOPATH",    "GOVERSION",
      "GOPROXY",  "GOSUMDB", "GONOSUMDB", "GOFLAGS",    "GONOPROXY", "GOPRIVATE", "GOMOD",
      "GOWORK",   "GOROOT",  "GOHOSTOS",  "GOHOSTARCH", "GOENV",     "GOAUTH",    "GOCACHEPROG"};
  const RunResult result = run(argv, env, request.dir, 20s);
  return result.ok ? Json::parse(result.out) : Json();
}

std::string sum_beside(const std::string& mod_file) {
  return mod_file.substr(0, mod_file.size() - (mod_file.ends_with(".mod") ? 4 : 0)) + ".sum";
}

// `go run P@V` and `go install P@V` look at no go.mod of the user's.
bool names_a_version(const Request& request) {
  if (request.verb != "run" && request.verb != "install") return false;
  std::vector<int> packages = words_of(request.argv).packages;
  // What follows the package belongs to the program.
  if (request.verb == "run" && packages.size() > 1) packages.resize(1);
  return std::ranges::any_of(packages, [&](int at) {
    return request.argv[static_cast<std::size_t>(at)].find('@') != std::string::npos;
  });
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

}  // namespace

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

std::string flag_value(const Request& request, const std::string& goflags,
                       const std::string& name) {
  Words words = words_of(request.argv);
  if (words.find(name) == nullptr) words.flags = flags_in_goflags(goflags);
  const Flag* flag = words.find(name);
  return flag == nullptr ? std::string() : flag->value;
}

Settings read_settings(const Request& request) {
  Json answer = ask_go(request, request.env);
  if (!answer.is_object()) {
    // What keeps go from answering may be the very fault: a toolchain that can't be had, a torn
    // go.mod.
    std::vector<std::string> env = request.env;
    set_env(env, "GOTOOLCHAIN", "local");
    set_env(env, "GOFLAGS", "");
    answer = ask_go(request, env);
  }
  if (!answer.is_object()) throw std::runtime_error("go env failed");
  Settings s;
  s.mod_cache = answer["GOMODCACHE"].text();
  s.build_cache = answer["GOCACHE"].text();
  while (s.build_cache.size() > 1 && s.build_cache.ends_with("/")) s.build_cache.pop_back();
  s.cache_program = answer["GOCACHEPROG"].text();
  s.go_path = answer["GOPATH"].text();
  s.go_path = s.go_path.substr(0, s.go_path.find(':'));
  s.go_version = answer["GOVERSION"].text();
  s.proxy = answer["GOPROXY"].text();
  s.sumdb = answer["GOSUMDB"].text();
  s.no_sumdb = answer["GONOSUMDB"].text();
  s.no_proxy = answer["GONOPROXY"].text();
  s.go_private = answer["GOPRIVATE"].text();
  s.go_mod = answer["GOMOD"].text();
  s.go_work = answer["GOWORK"].text();
  s.flags = answer["GOFLAGS"].text();
  s.go_root = answer["GOROOT"].text();
  s.platform = answer["GOHOSTOS"].text() + "-" + answer["GOHOSTARCH"].text();
  s.env_file = answer["GOENV"].text();
  s.auth = answer["GOAUTH"].text();
  while (s.mod_cache.size() > 1 && s.mod_cache.ends_with("/")) s.mod_cache.pop_back();
  find_files(request, s);
  const Config config = read_config(request.env, s.go_mod.substr(0, s.go_mod.rfind('/')));
  s.keep = keep_for(config.keep, request.env, lies_in_image_layer(s.mod_cache));
  return s;
}

}  // namespace recovery

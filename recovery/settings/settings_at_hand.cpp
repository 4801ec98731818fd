#include "recovery/settings/settings_at_hand.hpp"

#include <cstdlib>
#include <memory>

#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/settings/go_env.hpp"

namespace recovery {
namespace {

#if defined(__aarch64__)
constexpr const char* platform = "linux-arm64";
#elif defined(__i386__)
constexpr const char* platform = "linux-386";
#else
constexpr const char* platform = "linux-amd64";
#endif

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with("/")) path.pop_back();
  return path;
}

// The nearest file of that name in `dir` or above.
std::string nearest(std::string dir, const std::string& name) {
  while (!dir.empty()) {
    std::string file = dir + "/" + name;
    if (!read_text_file(file).empty()) return file;
    dir.erase(dir.rfind('/') == std::string::npos ? 0 : dir.rfind('/'));
  }
  return {};
}

std::string root_of(const std::string& go) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(go.c_str(), nullptr),
                                                         &std::free);
  const std::string path = real == nullptr ? go : real.get();
  const std::size_t bin = path.rfind("/bin/");
  return bin == std::string::npos ? "" : path.substr(0, bin);
}

std::string version_of(const std::string& root) {
  const std::string text = read_text_file(root + "/VERSION");
  return text.substr(0, text.find_first_of(" \n"));
}

}  // namespace

Settings settings_at_hand(const Request& request) {
  const auto variable = [&](const std::string& name) { return env_value(request.env, name); };
  const auto setting = [&](const std::string& name, const std::string& otherwise) {
    const std::string value = go_setting(name, variable);
    return value.empty() ? otherwise : value;
  };
  const std::string home = variable("HOME");
  const std::string cache = variable("XDG_CACHE_HOME");
  Settings s;
  s.go_path = setting("GOPATH", home + "/go");
  s.go_path = s.go_path.substr(0, s.go_path.find(':'));
  s.mod_cache = without_slashes(setting("GOMODCACHE", s.go_path + "/pkg/mod"));
  s.build_cache =
      without_slashes(setting("GOCACHE", (cache.empty() ? home + "/.cache" : cache) + "/go-build"));
  s.cache_program = setting("GOCACHEPROG", "");
  s.proxy = setting("GOPROXY", "");
  s.sumdb = setting("GOSUMDB", "");
  s.go_private = setting("GOPRIVATE", "");
  s.no_sumdb = setting("GONOSUMDB", s.go_private);
  s.no_proxy = setting("GONOPROXY", s.go_private);
  s.flags = setting("GOFLAGS", "");
  s.go_root = setting("GOROOT", root_of(request.go));
  s.go_version = version_of(s.go_root);
  s.platform = platform;
  const bool has_modules = setting("GO111MODULE", "") != "off";
  if (has_modules) {
    s.go_mod = nearest(request.dir, "go.mod");
    s.go_work = setting("GOWORK", "");
    if (s.go_work.empty()) s.go_work = nearest(request.dir, "go.work");
  }
  find_files(request, s);
  return s;
}

}  // namespace recovery

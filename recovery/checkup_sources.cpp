// Each source is asked once, through go itself, for a module that this project has anyway: what is
// asked for tells nobody anything new.

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "recovery/checkup.hpp"
#include "recovery/go_mod.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using Level = Remark::Level;
using Clock = std::chrono::steady_clock;

constexpr auto patience = 30s;

// A directory of our own, with a module and a module cache that are empty.
class Place {
 public:
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "gomend-doctor-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
    std::filesystem::create_directory(path_ / "main");
    std::ofstream(path_ / "main/go.mod") << "module gomend.invalid/doctor\n";
  }
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::string str() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

struct Asked {
  bool ok = false;
  long long ms = 0;
  std::string error;
};

Asked ask(const Patient& patient, const ModuleVersion& m, const std::string& proxy) {
  const Place place;
  std::vector<std::string> env = patient.request.env;
  set_env(env, "GOMODCACHE", place.str() + "/mod");
  set_env(env, "GOFLAGS", "-modcacherw");
  set_env(env, "GOWORK", "off");
  set_env(env, "GO111MODULE", "on");
  set_env(env, "GOTOOLCHAIN", "local");
  if (!proxy.empty()) set_env(env, "GOPROXY", proxy);
  const auto begin = Clock::now();
  const RunResult result = run({patient.request.go, "list", "-m", "-f", "{{.Version}}", m.str()},
                               env, place.str() + "/main", patience);
  Asked asked;
  asked.ok = result.ok;
  asked.ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
  asked.error = result.timed_out ? "no answer within 30 seconds" : result.err;
  if (asked.error.starts_with("go: ")) asked.error.erase(0, 4);
  asked.error = asked.error.substr(0, asked.error.find('\n'));
  return asked;
}

bool is_private(const Settings& s, const std::string& path) {
  return match_prefix_patterns(s.go_private, path) || match_prefix_patterns(s.no_proxy, path);
}

// A module of the project to ask for, of the kind that is wanted.
std::optional<ModuleVersion> module_of(const Settings& settings, bool wants_private) {
  for (const std::string& file : settings.mod_files) {
    for (const ModuleVersion& m : parse_go_mod(read_text_file(file)).needed) {
      if (is_private(settings, m.path()) == wants_private &&
          (wants_private || !looks_private(m.path())))
        return m;
    }
  }
  return std::nullopt;
}

void tell(Remarks& remarks, const std::string& name, const ModuleVersion& m, const Asked& asked) {
  const std::string time = std::to_string(asked.ms) + " ms";
  if (asked.ok)
    remarks.push_back({Level::good, "network", name + " gave " + m.str() + " in " + time, ""});
  else
    remarks.push_back(
        {Level::bad, "network/" + name,
         name + " did not give " + m.str() + " (" + time + "): " + without_passwords(asked.error),
         "go env GOPROXY GONOPROXY"});
}

}  // namespace

void ask_sources(const Patient& patient, Remarks& remarks) {
  const Settings& settings = patient.settings;
  const auto open = module_of(settings, false);
  const auto own = module_of(settings, true);
  if (!open && !own) {
    remarks.push_back(
        {Level::good, "network", "no module is required here: nothing to ask for", ""});
    return;
  }
  if (open) {
    for (const std::string& entry : proxy_entries(settings.proxy)) {
      if (entry == "off") break;
      tell(remarks, source_name(entry), *open, ask(patient, *open, entry));
    }
  }
  if (own) tell(remarks, "the source of private modules", *own, ask(patient, *own, ""));
}

}  // namespace recovery

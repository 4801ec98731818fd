// Each source is asked once, through go itself, for a module that this project has anyway: what is
// asked for tells nobody anything new. Behind a gate in GOPROXY nobody is asked (policy/asking).

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "recovery/go/go_mod.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/run.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/upkeep/doctor/checkup.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;
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
  policy::Answer answer = policy::Answer::outage;
};

Asked ask(const DoctorContext& context, const ModuleVersion& m, const std::string& proxy) {
  const Place place;
  std::vector<std::string> env = context.request.env;
  set_env(env, "GOMODCACHE", place.str() + "/mod");
  set_env(env, "GOFLAGS", "-modcacherw");
  set_env(env, "GOWORK", "off");
  set_env(env, "GO111MODULE", "on");
  set_env(env, "GOTOOLCHAIN", "local");
  if (!proxy.empty()) set_env(env, "GOPROXY", proxy);
  const auto begin = Clock::now();
  const RunResult result = run({context.request.go, "list", "-m", "-f", "{{.Version}}", m.str()},
                               env, place.str() + "/main", patience);
  Asked asked;
  asked.ok = result.ok;
  asked.ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
  asked.error = result.timed_out ? "no answer within 30 seconds" : result.err;
  // Who gave it counts as away: the question is who else may be asked.
  if (!result.ok && !result.timed_out) asked.answer = policy::answer_in(result.err);
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

void tell(Findings& findings, const std::string& name, const ModuleVersion& m, const Asked& asked) {
  const std::string time = std::to_string(asked.ms) + " ms";
  if (asked.ok)
    findings.push_back({Level::good, "network", name + ": served " + m.str() + " in " + time, ""});
  else
    findings.push_back({Level::bad, "network/" + name,
                        name + ": " + m.str() + " (" + time + "): " + redacted(asked.error),
                        "go env GOPROXY GONOPROXY"});
}

void ask_list(const DoctorContext& context, const ModuleVersion& m, Findings& findings) {
  policy::Question question{
      .named = policy::Named::build_list,
      .own = Sources(context.settings, context.request, context.config, nullptr).own(),
      .fallback = {}};
  policy::Next next = policy::next_source(question);
  for (; next.list == policy::Next::List::own; next = policy::next_source(question)) {
    policy::Listed& source = question.own[next.at];
    const Asked asked = ask(context, m, source.entry);
    tell(findings, source_name(source.entry), m, asked);
    source.answer = asked.answer;
  }
  for (const policy::Listed& source : question.own) {
    if (source.answer == policy::Answer::not_asked && source.kind != policy::Listed::Kind::off)
      findings.push_back({Level::good, "network",
                          source_name(source.entry) + " was not asked: it comes after " +
                              source_name(question.own[next.at].entry) + " in GOPROXY",
                          ""});
  }
}

}  // namespace

void ask_sources(const DoctorContext& context, Findings& findings) {
  const Settings& settings = context.settings;
  const auto open = module_of(settings, false);
  const auto own = module_of(settings, true);
  if (!open && !own) {
    findings.push_back(
        {Level::good, "network", "no module is required here: nothing to ask for", ""});
    return;
  }
  if (open) ask_list(context, *open, findings);
  if (own) tell(findings, "source of private modules", *own, ask(context, *own, ""));
}

}  // namespace recovery

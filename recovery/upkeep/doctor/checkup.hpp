#pragma once
// What `gomend doctor` looks at: the caches, go's settings, the project, and, when asked to, the
// sources. Each question gives remarks: what is well, what is dangerous, what will fail, and the
// command that mends it. Nothing is changed; of a healthy set-up nothing is poor or bad.
//
// To add a question: a function below that adds remarks, each with an id of its own, and a row in
// tests/shim/companion/doctor_test.cpp that seeds the fault.
//
// Example: {bad, "modcache/owner", "GOMODCACHE /go/pkg/mod belongs to user 0, not to you",
// "sudo chown -R $(id -u):$(id -g) /go/pkg/mod"}

#include <map>
#include <string>
#include <vector>

#include "recovery/settings/config.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

struct Finding {
  enum class Level {
    good,
    poor,  // works today; an outage, a colleague or an attacker finds it
    bad,   // a go command fails by it, or nothing is verified any more
  };
  Level level = Level::good;
  std::string id;     // "settings/sumdb-off", for scripts
  std::string words;  // one line
  std::string next;   // a command; empty if there is none, or nothing to mend
};
using Findings = std::vector<Finding>;

struct DoctorContext {
  const Request& request;
  Settings settings;
  std::map<std::string, std::string> values;  // all of `go env`
  Config config;

  std::string value(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  }
  // Where it stands: "the environment", "go's env file", "go's default".
  std::string where(const std::string& name) const;
  // "go env -u GOSUMDB", or "unset GOSUMDB" where it stands in the environment.
  std::string undo(const std::string& name) const;
  // "go env -w GOPROXY=…", or "export GOPROXY=…" where the environment would outdo that.
  std::string set(const std::string& name, const std::string& value) const;
  std::string directory() const;  // of the main module; empty outside of one
};

// Asks go. Adds a remark where go itself has something to complain of. Throws std::runtime_error
// when it gives no answer at all.
DoctorContext receive(const Request& request, Findings& findings);

void check_caches(const DoctorContext& context, Findings& findings);
void check_settings(const DoctorContext& context, Findings& findings);
void check_project(const DoctorContext& context, Findings& findings);
void ask_sources(const DoctorContext& context,
                 Findings& findings);  // goes to the network, through go

// --- pieces of them that can be looked at alone ---

// What a file system of that name (as statfs(2) tells it) means for a cache; empty: nothing.
std::string file_system_trouble(long magic);

// A host that no public service has: "git.corp.example", "scm.internal".
bool looks_private(const std::string& module_path);

}  // namespace recovery

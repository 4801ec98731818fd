#include "shim/companion/install/installation.hpp"

#include <filesystem>

#include "recovery/os/env.hpp"
#include "shim/companion/install/ground.hpp"
#include "shim/companion/install/installed_files.hpp"
#include "shim/invocation/real_go.hpp"

namespace shim {

namespace fs = std::filesystem;

std::optional<Installation> user_installation(const std::vector<std::string>& env) {
  const std::string data = recovery::env_value(env, "XDG_DATA_HOME");
  if (data.starts_with("/")) return Installation{data + "/gomend"};
  const std::string home = recovery::env_value(env, "HOME");
  if (!home.starts_with("/")) return std::nullopt;
  return Installation{(home == "/" ? "" : home) + "/.local/share/gomend"};
}

std::optional<Record> read_record(const Installation& place) {
  Ground ground(place.root);
  return read_record(place, ground);
}

bool has_record(const Installation& place) {
  Ground ground(place.root);
  return is_there(ground.at(place.dir + "/installed"));
}

bool has_gomend(const Installation& place) {
  Ground ground(place.root);
  return is_gomend(ground.at(place.dir + "/bin/go").c_str());
}

std::optional<Installation> own_installation() {
  const fs::path bin = fs::path(own_binary()).parent_path();
  if (bin.filename() != "bin" || !is_gomend((bin / "go").c_str())) return std::nullopt;
  const std::string dir = bin.parent_path();
  return Installation{dir, dir == system_dir};
}

}  // namespace shim

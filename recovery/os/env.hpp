#pragma once
// An environment as a list of NAME=VALUE.

#include <string>
#include <vector>

namespace recovery {

// env with NAME set to value (added, or the last one replaced).
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value);
std::string env_value(const std::vector<std::string>& env, const std::string& name);

// The first program of that name in an absolute directory on the environment's PATH; empty: none.
std::string program_on_path(const std::vector<std::string>& env, const std::string& name);

}  // namespace recovery

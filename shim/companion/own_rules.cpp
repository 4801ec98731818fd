#include "shim/companion/own_rules.hpp"

#include <unistd.h>

#include <filesystem>

#include "shim/invocation/session.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {

recovery::UserRules rules_here() {
  std::error_code error;
  return recovery::read_user_rules(env_of(environ), std::filesystem::current_path(error).string());
}

recovery::UserRules read_own_rules(const std::string& command, bool& is_whole) {
  recovery::UserRules rules = rules_here();
  is_whole = true;
  const auto tell = [&](const std::string& failure) {
    if (failure.empty()) return;
    is_whole = false;
    write_all(STDERR_FILENO,
              "gomend: " + command + ": " + printable(failure) + "; see: gomend patterns where\n");
  };
  tell(rules.failure);
  for (const auto& file : rules.files) tell(file.failure);
  return rules;
}

std::vector<patterns::Rule> own_rules(const std::string& command) {
  bool is_whole = true;
  return read_own_rules(command, is_whole).all();
}

}  // namespace shim

#include "shim/watch/become_go.hpp"

#include "recovery/os/env.hpp"
#include "shim/process/child.hpp"
#include "shim/watch/hook.hpp"

namespace shim {

void become_go_with(const Session& session, const std::vector<std::string>& variables) {
  std::vector<std::string> argv = session.argv;
  std::vector<std::string> env = env_of(session.env);
  recovery::Fd mark;
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    if (session.command.way == Command::Way::hook)
      argv = with_restored_env(std::move(argv), session.command.flags_at, name, env, mark);
    recovery::set_env(env, name, variable.substr(equals + 1));
  }
  const std::vector<char*> argv_array = as_array(argv);
  const std::vector<char*> env_array = as_array(env);
  become({session.go.c_str(), argv_array.data(), env_array.data()});
}

void become_go(const Session& session) {
  const std::vector<char*> argv = as_array(session.argv);
  become({session.go.c_str(), argv.data(), session.env});
}

}  // namespace shim

#include "shim/watch/lacking.hpp"

#include <chrono>
#include <string_view>

#include "recovery/os/env.hpp"
#include "recovery/os/run.hpp"

namespace shim {
namespace {

// Flags of `go test` that change which packages a pattern means.
bool chooses_packages(std::string_view flag) {
  for (const std::string_view name :
       {"tags", "mod", "modfile", "overlay", "modcacherw", "race", "msan", "asan", "compiler"}) {
    if (flag == name) return true;
  }
  return false;
}

bool is_switch(std::string_view flag) {
  return flag == "modcacherw" || flag == "race" || flag == "msan" || flag == "asan";
}

constexpr std::string_view lacking = "module lookup disabled by GOPROXY=off";

}  // namespace

std::vector<std::string> list_command(const Session& session,
                                      const std::vector<std::string>& flags) {
  const auto& argv = session.argv;
  std::vector<std::string> list = {session.go};
  if (!session.command.dir.empty()) list.insert(list.end(), {"-C", session.command.dir});
  list.push_back("list");
  list.insert(list.end(), flags.begin(), flags.end());
  for (std::size_t i = static_cast<std::size_t>(session.command.flags_at); i < argv.size(); ++i) {
    if (!argv[i].starts_with('-')) continue;
    const std::string flag = argv[i].substr(argv[i].starts_with("--") ? 2 : 1);
    if (!chooses_packages(flag.substr(0, flag.find('=')))) continue;
    list.push_back(argv[i]);
    if (flag.find('=') == flag.npos && !is_switch(flag) && i + 1 < argv.size())
      list.push_back(argv[++i]);
  }
  for (const int at : session.command.packages) list.push_back(argv[static_cast<std::size_t>(at)]);
  return list;
}

bool go_lacks_modules(const Session& session) {
  std::vector<std::string> env = env_of(session.env);
  recovery::set_env(env, "GOPROXY", "off");
  const std::vector<std::string> flags = {"-e", "-deps", "-test", "-f",
                                          "{{with .Error}}{{.}}{{end}}"};
  const recovery::RunResult answer =
      recovery::run(list_command(session, flags), env, ".", std::chrono::minutes(1));
  return answer.out.find(lacking) != answer.out.npos || answer.err.find(lacking) != answer.err.npos;
}

}  // namespace shim

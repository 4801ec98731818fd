#include "shim/invocation/session.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "recovery/settings/request.hpp"

namespace shim {
namespace {

// As os.Getwd: $PWD if it names this directory, for go shortens the paths that it prints against
// that.
std::string working_directory() {
  const char* pwd = getenv("PWD");
  struct stat named, here;
  if (pwd != nullptr && pwd[0] == '/' && stat(pwd, &named) == 0 && stat(".", &here) == 0 &&
      named.st_dev == here.st_dev && named.st_ino == here.st_ino) {
    return pwd;
  }
  char* path = getcwd(nullptr, 0);
  const std::string dir = path == nullptr ? "" : path;
  free(path);
  return dir;
}

// The hook takes them back from the user's program; a test's environment is nobody's but the
// user's.
bool may_set_env(const Command& command) {
  if (command.out == Command::Stdout::test_stream) return false;
  if (command.way == Command::Way::hook) return true;
  return command.way == Command::Way::watch && command.verb != "run" && command.verb != "test";
}

std::string absolute(const std::string& path, const std::string& from) {
  return path.empty() ? from : path.starts_with('/') ? path : from + "/" + path;
}

}  // namespace

std::vector<char*> as_array(const std::vector<std::string>& words) {
  std::vector<char*> array;
  array.reserve(words.size() + 1);
  for (const std::string& word : words) array.push_back(const_cast<char*>(word.c_str()));
  array.push_back(nullptr);
  return array;
}

std::vector<std::string> env_of(char** entries) {
  std::vector<std::string> env;
  for (char** entry = entries; *entry != nullptr; ++entry) env.emplace_back(*entry);
  return env;
}

recovery::Request request_for(const Session& session, const std::string& text,
                              long long started_ns) {
  const std::string here = working_directory();
  recovery::Request request;
  request.go = absolute(session.go, here);
  request.argv = session.argv;
  request.env = env_of(session.env);
  request.cwd = here;
  request.dir = absolute(session.command.dir, here);
  request.verb = session.command.verb;
  request.text = text;
  request.started_ns = started_ns;
  request.advise_only = session.advise_only || session.command.verb == "mod verify";
  request.may_set_env = may_set_env(session.command);
  return request;
}

}  // namespace shim

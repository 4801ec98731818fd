#include "tests/bed/image.hpp"

#include <unistd.h>

#include <csignal>
#include <sstream>
#include <stdexcept>

namespace tests {
namespace {

std::string find_program(const std::string& name, const Env& env) {
  if (name.find('/') != std::string::npos) return name;
  const auto path = env.find("PATH");
  std::istringstream directories(path == env.end() ? std::string("/usr/bin:/bin") : path->second);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = directory + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw std::runtime_error(name + " is not on PATH");
}

}  // namespace

Image::Image(const Args& args, const Env& env) : program_(find_program(args.at(0), env)) {
  for (const auto& [key, value] : env) strings_.push_back(key + "=" + value);
  for (auto& text : strings_) envp_.push_back(text.data());
  envp_.push_back(nullptr);
  for (const auto& arg : args) argv_.push_back(const_cast<char*>(arg.c_str()));
  argv_.push_back(nullptr);
}

void Image::become(const std::filesystem::path& cwd) const {
  if (!cwd.empty() && ::chdir(cwd.c_str()) != 0) ::_exit(126);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program_.c_str(), argv_.data(), envp_.data());
  ::_exit(127);
}

}  // namespace tests

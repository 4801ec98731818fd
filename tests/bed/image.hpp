#pragma once
// A program with its arguments and its environment, as execve wants them; made before fork, since
// nothing may be allocated after it.
//
// Example: const Image image({"go", "version"}, env);  if (fork() == 0) image.become("/tmp");

#include <filesystem>
#include <string>
#include <vector>

#include "tests/bed/process.hpp"

namespace tests {

class Image {
 public:
  /// argv[0] is looked up on the environment's PATH. `args` must outlive it. Throws
  /// std::runtime_error where it is not on PATH.
  Image(const Args& args, const Env& env);

  /// In the child: no signal blocked or ignored, in that directory if one is given. 126, 127: it
  /// can't be run.
  [[noreturn]] void become(const std::filesystem::path& cwd) const;

 private:
  std::string program_;
  std::vector<std::string> strings_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

}  // namespace tests

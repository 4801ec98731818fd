#include "tests/bed/machine.hpp"

#include <unistd.h>

#include <iostream>

#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {

void skip(const std::string& why) {
  std::cout << "\nskipped: " << Catch::getResultCapture().getCurrentTestName() << "\t" << why
            << std::endl;
}

bool may_mount() {
  return ::geteuid() == 0 && run({"unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"},
                                 {.env = {{"PATH", "/usr/bin:/usr/sbin:/bin:/sbin"}}})
                                     .code() == 0;
}

}  // namespace tests

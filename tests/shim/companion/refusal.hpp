#pragma once

#include <algorithm>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {

// What can't be done gets one line, status 2, and nothing on stdout.
inline void check_refused(const Bed& bed, Args command, const Args& args) {
  command.insert(command.end(), args.begin(), args.end());
  const Ran ran = bed.companion(command);
  INFO(ran.text());
  CHECK(ran.code() == 2);
  CHECK(ran.out == "");
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
}

}  // namespace tests

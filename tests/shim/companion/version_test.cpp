// What `gomend --version` says: scripts read its first two words, people the rest.

#include <regex>

#include "tests/bed/paths.hpp"
#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {

TEST_CASE("gomend --version tells its commit, its libraries and its rules") {
  const Ran ran = run({gomend_binary, "--version"}, {.env = {{"PATH", "/usr/bin:/bin"}}});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  const std::regex whole(
      "gomend [0-9]+\\.[0-9]+\\.[0-9]+ "
      "\\((unknown|[0-9a-f]{12}, [0-9]{4}-[0-9]{2}-[0-9]{2})\\)\n"
      "OpenSSL [0-9.]+[a-z]*, zlib [0-9.]+, PCRE2 [0-9.]+\n"
      "[0-9]{2,} rules \\([0-9a-f]{12}\\)\n");
  CHECK(std::regex_match(ran.out, whole));
  CHECK(ran.err.empty());
}

}  // namespace tests

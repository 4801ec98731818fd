// Advice rests on what lies on the disk, and a text from elsewhere never becomes part of a command
// that it could change.

#include "recovery/advice.hpp"
#include "recovery/plan.hpp"
#include "tests/bed.hpp"
#include "tests/catch.hpp"

namespace tests {

TEST_CASE("advice names a path only if it is a plain one", "[recovery]") {
  CHECK(recovery::is_plain("/home/me/go/pkg/mod/github.com/acme/alpha@v1.1.0"));
  for (const char* text :
       {"", "-rf", "/a b", "/a;b", "/a'b", "/$(x)", "/a\nb", "/a`b`", "/a|b", "/a&b", "/a>b"}) {
    INFO(text);
    CHECK_FALSE(recovery::is_plain(text));
  }
}

TEST_CASE("a fixed sentence takes module and version only if they are plain", "[recovery]") {
  const recovery::Policy& policy = recovery::policy_of("network/reset");
  patterns::Diagnosis d;
  d.module = "example.com/a";
  d.version = "v1.0.0";
  CHECK(recovery::advice_for(policy, d).starts_with("example.com/a@v1.0.0 can't be had"));
  d.module = "example.com/a;reboot";
  CHECK(recovery::advice_for(policy, d).empty());
}

TEST_CASE(
    "a path that is readable gets no advice about permissions, a disk with room none about space",
    "[recovery]") {
  const TempDir dir;
  CHECK(recovery::permission_advice(dir.path().string()).empty());
  CHECK(recovery::permission_advice("relative/path").empty());
  CHECK(recovery::disk_full_advice({dir.path().string()}).empty());
}

}  // namespace tests

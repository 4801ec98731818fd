// Advice rests on what lies on the disk, and a text from elsewhere never becomes part of a command
// that it could change.

#include "recovery/advice/advice.hpp"
#include "recovery/advice/plan.hpp"
#include "recovery/os/text.hpp"
#include "tests/bed/bed.hpp"
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
  const recovery::Policy& policy = recovery::policy_of(patterns::FailureClass::reset);
  patterns::Diagnosis d;
  d.module = "example.com/a";
  d.version = "v1.0.0";
  CHECK(recovery::advice_for(policy, d).words.starts_with("example.com/a@v1.0.0: download failed"));
  d.module = "example.com/a;reboot";
  CHECK(recovery::advice_for(policy, d).empty());
}

TEST_CASE("a line of advice has its command apart, and is labelled by what that does",
          "[recovery]") {
  using recovery::Advice;
  CHECK(Advice{"go.sum: missing", "go mod tidy"}.line() == "go.sum: missing; run: go mod tidy");
  CHECK(Advice{"x", "go -C 'a b' mod tidy"}.line() == "x; run: go -C 'a b' mod tidy");
  CHECK(Advice{"x", "go -C 'a b' mod edit -json"}.line() == "x; see: go -C 'a b' mod edit -json");
  CHECK(Advice{"x", "go env GOPROXY"}.line() == "x; see: go env GOPROXY");
  CHECK(Advice{"x", "go env -u GOPROXY"}.line() == "x; run: go env -u GOPROXY");
  CHECK(Advice{"x", "ls -ld /y"}.line() == "x; see: ls -ld /y");
  CHECK(Advice{"x"}.line() == "x");
  CHECK(recovery::advice_in("behind the VPN; run: vpn up").words == "behind the VPN");
  CHECK(recovery::advice_in("behind the VPN; run: vpn up").next == "vpn up");
  CHECK(recovery::advice_in("behind the VPN").next.empty());
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

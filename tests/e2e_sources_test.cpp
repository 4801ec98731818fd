// Promise 4: a source that is down is no end.

#include "tests/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

}  // namespace

TEST_CASE("a source that is down is passed over for the next in GOPROXY", "[e2e]") {
  const Go& go = gos().back();
  for (const std::string kind : {"status", "reset", "empty"}) {
    DYNAMIC_SECTION(kind) {
      Bed bed(go, {.modules = Modules::downloads});
      const Source second;
      fs::remove(bed.zip(alpha));
      fs::remove(bed.download(alpha, ".ziphash"));
      bed.proxy.fault({.match = "alpha", .kind = kind, .status = 502});
      bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
      bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
      REQUIRE(bed.go({"build", "./..."}).code() != 0);
      const Witness witness(bed);
      const Ran ran = bed.gomend({"build", "./..."});
      INFO(ran.text() << "first:\n" << bed.proxy.log_text() << "second:\n" << second.log_text());
      CHECK(ran.code() == 0);
      CHECK(witness.changes() == "");
      CHECK(gomend_words(ran.err).size() == 1);
    }
  }
}

}  // namespace tests

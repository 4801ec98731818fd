// Several faults at once, and faults that can't be mended: what can be is, the rest gets its line.

#include <algorithm>
#include <functional>

#include "recovery/settings/request.hpp"
#include "tests/e2e/story.hpp"

namespace tests {
namespace {

const std::string gamma = "github.com/BurntSynth/Gamma@v0.4.0";

}  // namespace

TEST_CASE("three modules damaged at once, each in another way, are mended in one invocation",
          "[e2e][sample]") {
  with_each_go([](const Go& go) {
    const Bed bed(go);
    remove_tree(bed.tree(alpha) / "extra.go");
    damage(bed.zip(beta), "half");
    remove_tree(bed.tree(beta));
    damage(bed.download(gamma, ".mod"), "emptied");
    CHECK(bed.go(build).code() != 0);
    const Witness witness(bed);
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(gomend_words(ran.err).size() == 3);
    CHECK(difference(bed.pristine_modules(), bed.modules(),
                     {.ignore = {"cache/gomend", "*.lock"}}) == "");
    CHECK(witness.changes() == "");
    for (const Request& request : bed.proxy.log()) {
      CHECK(contains(request.path, "acme/beta/v2/@v/v2.3.0."));
    }
  });
}

TEST_CASE("a fault that can't be mended: go's own output and end, one line of advice, no trace",
          "[e2e][sample]") {
  with_each_go([](const Go& go) {
    Bed bed(go, {.modules = Modules::downloads});
    SECTION("a broken zip, and its only source gives wrong bytes") {
      damage(bed.zip(alpha), "half");
      bed.proxy.fault({.match = "alpha", .kind = "wrong"});
      CHECK(contains(advice_and_nothing_else(bed, build), alpha));
    }
    SECTION("a broken zip, and GOPROXY=off") {
      damage(bed.zip(alpha), "half");
      bed.env["GOPROXY"] = "off";
      CHECK(contains(advice_and_nothing_else(bed, build), alpha));
      CHECK(bed.proxy.log_text() == "");
    }
    SECTION("a broken zip, and the proxy is down") {
      damage(bed.zip(alpha), "garbage");
      bed.env["GOPROXY"] = "http://127.0.0.1:1";
      CHECK(contains(advice_and_nothing_else(bed, build), alpha));
    }
    SECTION("a broken go.mod, and the proxy answers 404") {
      damage(bed.download(gamma, ".mod"), "emptied");
      damage(bed.zip(gamma), "half");
      bed.proxy.fault({.kind = "status", .status = 404, .body = "not found"});
      CHECK(contains(advice_and_nothing_else(bed, build), gamma));
    }
  });
}

TEST_CASE("of two faults the one that can be mended is, and the other gets its line of advice",
          "[e2e]") {
  const Bed bed(gos().back(), {.modules = Modules::downloads});
  damage(bed.zip(alpha), "half");
  damage(bed.zip(beta), "half");
  bed.proxy.fault({.match = "alpha", .kind = "status", .status = 404, .body = "not found"});
  const Ran ran = bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(h1_of(bed.zip(beta)) == read_file(bed.download(beta, ".ziphash")));
  CHECK(contains(ran.err, "gomend: " + beta + ": cached zip is corrupt; downloaded again"));
  CHECK(contains(ran.err, "gomend: " + alpha + ": cached zip is corrupt; could not be replaced: "));
}

}  // namespace tests

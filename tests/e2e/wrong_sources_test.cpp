// Sources that give something else than was asked for, and modules that nobody vouches for, or
// whose names may be private.

#include <algorithm>
#include <functional>

#include "recovery/settings/request.hpp"
#include "tests/e2e/story.hpp"

namespace tests {
namespace {

const std::string lonely = "github.com/acme/lonely@v1.0.0";

}  // namespace

TEST_CASE("an info that names another version is fetched again", "[e2e][sample]") {
  with_each_go([](const Go& go) {
    const Bed bed(go);
    write_file(bed.download(alpha, ".info"), R"({"Version":"v9.9.9"})");
    const Args args = {"mod", "download", alpha};
    const Ran plain = bed.go(args);
    const Witness witness(bed);
    const Ran ran = bed.gomend(args);
    INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
    CHECK(plain.code() != 0);
    CHECK(ran.code() == 0);
    CHECK(contains(ran.err, "gomend: " + alpha + ": .info does not name this version"));
    CHECK(difference(bed.pristine_modules(), bed.modules(),
                     {.ignore = {"cache/gomend", "*.lock", "*.tmp"}}) == "");
    CHECK(witness.changes() == "");
  });
}

TEST_CASE("a version that the first source answers with garbage comes from the next one", "[e2e]") {
  struct Row {
    std::string name;
    Args args;
    Fault fault;
  };
  const std::vector<Row> rows = {
      {"a page for .info", {"mod", "download", lonely}, {.match = "lonely.*info$", .kind = "html"}},
      {"another version's .info",
       {"mod", "download", lonely},
       {.match = "lonely.*info$", .kind = "wrong"}},
      {"nothing for .zip", {"mod", "download", lonely}, {.match = "lonely.*zip$", .kind = "empty"}},
      {"a page for .info, get",
       {"get", "github.com/acme/lonely@v1.0.0"},
       {.match = "lonely.*info$", .kind = "html"}},
  };
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Row& row = rows[n];
    for (const Go& go : gos_of_row(n)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        TwoSources two(go);
        const Sumdb honest = two.second.sumdb();
        two.bed.env["GOSUMDB"] = honest.with_url();
        forget(two.bed, lonely);
        for (const char* extension : {".info", ".mod"})
          fs::remove(two.bed.download(lonely, extension));
        two.bed.proxy.fault(row.fault);
        const Ran plain = two.bed.go(row.args);
        two.second.clear_log();
        const Ran ran = two.bed.gomend(row.args);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text()
                          << "\nsecond: " << two.second.log_text());
        CHECK(plain.code() == 1);
        CHECK(ran.code() == 0);
        CHECK(fs::exists(two.bed.zip(lonely)));
        CHECK(contains(ran.err, host_of(two.first_url())));
      }
    }
  }
}

TEST_CASE("what nobody vouches for comes from where plain go would get it, or not at all",
          "[e2e]") {
  TwoSources two(gos().back());  // GOSUMDB=off, and no line in go.sum
  forget(two.bed, lonely);
  for (const char* extension : {".info", ".mod"}) fs::remove(two.bed.download(lonely, extension));
  two.bed.proxy.fault({.match = "lonely.*info$", .kind = "html"});
  const Ran ran = two.bed.gomend({"mod", "download", lonely});
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(!fs::exists(two.bed.zip(lonely)));
}

TEST_CASE("zips that are none come from the next source, also when go does not say whose they are",
          "[e2e]") {
  for (const Go& go : gos()) {
    for (const Args& args : {Args{"mod", "download"}, Args{"build", "./..."}}) {
      DYNAMIC_SECTION(go.version << ": " << args[0]) {
        TwoSources two(go);
        forget(two.bed, alpha);
        forget(two.bed, beta);
        two.bed.proxy.fault({.match = "zip$", .kind = "html"});
        const Ran plain = two.bed.go(args);
        const Witness witness(two.bed);
        const Ran ran = two.bed.gomend(args);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
        CHECK(plain.code() == 1);
        CHECK(ran.code() == 0);
        check_holds_what_go_sum_wants(two.bed, alpha);
        check_holds_what_go_sum_wants(two.bed, beta);
        CHECK(witness.changes() == "");
      }
    }
  }
}

TEST_CASE("a module whose name may be private is asked for nowhere else", "[e2e]") {
  const Go& go = gos().back();
  TwoSources two(go);
  forget(two.bed, alpha);
  two.bed.proxy.fault({.match = "alpha", .kind = "html"});
  const auto check_only_the_first_was_asked = [&] {
    const Ran ran = two.bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(two.second.log_text() == "");
    const auto words = gomend_words(ran.err);
    CHECK(words.size() <= 1);
    CHECK((words.empty() || !contains(words[0], host_of(two.second.url()))));
  };
  SECTION("GOPRIVATE covers it") {
    two.bed.env["GOPRIVATE"] = "github.com/acme/*";
    two.bed.env["GONOPROXY"] = "none";
    check_only_the_first_was_asked();
  }
  SECTION("GONOPROXY covers it") {
    two.bed.env["GONOPROXY"] = "github.com/acme";
    write_file(two.bed.home / ".gitconfig",
               "[url \"" + modserver_url() + "/git/none/\"]\n\tinsteadOf = https://\n");
    check_only_the_first_was_asked();
    CHECK(two.bed.proxy.log_text() == "");
  }
  SECTION("the first source is not known to be public") {
    two.bed.env.erase("GOMEND_PUBLIC");
    check_only_the_first_was_asked();
  }
  SECTION("it comes from a fallback only if the same holds") {
    two.bed.env.erase("GOMEND_PUBLIC");
    two.bed.env["GOPROXY"] = two.first_url();
    two.bed.env["GOMEND_FALLBACK"] = two.second.url();
    check_only_the_first_was_asked();
  }
  SECTION("a record of the checksum database in the cache proves nothing (15.1)") {
    two.bed.env.erase("GOMEND_PUBLIC");
    const Source as_published;
    const Sumdb database = as_published.sumdb();
    two.bed.env["GOSUMDB"] = database.with_url();
    const std::string go_sum = read_file(two.bed.app / "go.sum");
    fs::remove(two.bed.app / "go.sum");
    REQUIRE(
        two.bed.go({"mod", "download", alpha}, {.env = {{"GOPROXY", as_published.url()}}}).code() ==
        0);
    write_file(two.bed.app / "go.sum", go_sum);
    forget(two.bed, alpha);
    const Ran ran = two.bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(two.second.log_text() == "");
  }
}

}  // namespace tests

// The five stories behind "checksum mismatch", each with the bytes, the go.sum and the checksum
// database that tell them. In each, what is the user's stays as it was.

#include <algorithm>
#include <functional>

#include "recovery/settings/request.hpp"
#include "tests/e2e/story.hpp"

namespace tests {
namespace {

const std::string some_h1 = "h1:" + std::string(42, 'A') + "E=";

void give_go_sum_another_hash(const Bed& bed, const std::string& module) {
  const std::string line = line_of(bed, module);
  write_file(bed.app / "go.sum", replaced(read_file(bed.app / "go.sum"), line,
                                          line.substr(0, line.rfind(' ') + 1) + some_h1));
}

// A directory with the module's files as someone's checkout has them: the same names, CR LF.
void write_checkout_with_crlf(const fs::path& dir, const std::string& module) {
  const fs::path from = world_modules() / module;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const fs::path to = dir / module / entry.path().lexically_relative(from);
    write_file(to, read_file(entry.path()));
    if (to.filename() != "go.mod") damage(to, "crlf");
  }
}

}  // namespace

TEST_CASE("story 1: a rotten copy is fetched again, and the command succeeds", "[e2e]") {
  with_each_go([](const Go& go) {
    Bed bed(go, {.modules = Modules::downloads});
    const Sumdb honest = bed.proxy.sumdb();
    bed.env["GOSUMDB"] = honest.with_url();
    forge(bed, alpha);
    const Ran plain = bed.go(build);
    CHECK(contains(plain.err, "checksum mismatch"));
    const Witness witness(bed);
    const Ran ran = bed.gomend(build);
    INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
    CHECK(ran.code() == 0);
    const auto words = gomend_words(ran.err);
    REQUIRE(words.size() == 1);
    CHECK(words[0].starts_with(alpha +
                               ": cached zip is corrupt (checksum does not match go.sum) and "
                               ".ziphash is corrupt"));
    CHECK(contains(words[0], "; downloaded again"));
    check_holds_what_go_sum_wants(bed, alpha);
    CHECK(witness.changes() == "");
    for (const Request& request : bed.proxy.log()) {
      CHECK(contains(request.path, "acme/alpha/@v/v1.1.0."));
    }
  });
}

TEST_CASE("story 2: a source serves wrong bytes, and the next one has the right ones", "[e2e]") {
  const std::vector<std::string> kinds = {"wrong", "html", "empty", "truncate", "redirect"};
  const std::string zip = R"(alpha/@v/v1\.1\.0\.zip$)";
  for (const Go& go : gos()) {
    for (const std::string& kind : kinds) {
      DYNAMIC_SECTION(go.version << ", zip " << kind) {
        TwoSources two(go);
        forget(two.bed, alpha);
        two.bed.proxy.fault(
            {.match = zip,
             .kind = kind,
             .bytes = 100,
             .body = two.bed.proxy.url() + "/github.com/acme/beta/v2/@v/v2.3.0.zip"});
        const Ran plain = two.bed.go(build);
        CHECK(plain.code() == 1);
        two.second.clear_log();
        const Witness witness(two.bed);
        const Ran ran = two.bed.gomend(build);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text() << "\nfirst: "
                          << two.bed.proxy.log_text() << "\nsecond: " << two.second.log_text());
        CHECK(ran.code() == 0);
        const auto words = gomend_words(ran.err);
        REQUIRE(words.size() == 1);
        CHECK(contains(words[0], alpha + ": " + host_of(two.first_url()) + " "));
        CHECK(contains(words[0], "downloaded from " + host_of(two.second.url())));
        const bool is_told = contains(words[0], " serves corrupt content") ||
                             contains(words[0], " serves content with the wrong checksum");
        CHECK(is_told);
        check_holds_what_go_sum_wants(two.bed, alpha);
        CHECK(witness.changes() == "");
        for (const Request& request : two.second.log()) {
          CHECK(contains(request.path, "acme/alpha/@v/v1.1.0."));
        }
      }
    }
    DYNAMIC_SECTION(go.version << ", go.mod wrong") {
      TwoSources two(go);
      forget(two.bed, alpha);
      fs::remove(two.bed.download(alpha, ".mod"));
      two.bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.mod$)", .kind = "html"});
      const Witness witness(two.bed);
      const Ran ran = two.bed.gomend(build);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(
          contains(ran.err, host_of(two.first_url()) + " serves content with the wrong checksum"));
      check_holds_what_go_sum_wants(two.bed, alpha);
      CHECK(witness.changes() == "");
    }
  }
}

TEST_CASE("story 3: of two sources with different zips of one commit, go.sum's is taken", "[e2e]") {
  with_each_go([](const Go& go) {
    TwoSources two(go);
    forget(two.bed, alpha);
    const TempDir checkout;
    write_checkout_with_crlf(checkout.path(), alpha);
    two.bed.proxy.serve_first({checkout.path()});
    CHECK(contains(two.bed.go(build).err, "checksum mismatch"));
    const Witness witness(two.bed);
    const Ran ran = two.bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    const auto words = gomend_words(ran.err);
    REQUIRE(words.size() == 1);
    CHECK(contains(words[0], alpha + ": " + host_of(two.first_url()) +
                                 " serves content with the wrong checksum"));
    CHECK(contains(words[0], host_of(two.second.url())));
    check_holds_what_go_sum_wants(two.bed, alpha);
    CHECK(witness.changes() == "");
  });
}

TEST_CASE("story 4: go.sum is wrong and the checksum database agrees with the download: advice",
          "[e2e]") {
  with_each_go([](const Go& go) {
    for (const bool is_cached : {false, true}) {
      DYNAMIC_SECTION((is_cached ? "in the cache" : "not in the cache")) {
        Bed bed(go);
        const Sumdb honest = bed.proxy.sumdb();
        bed.env["GOSUMDB"] = honest.with_url();
        if (!is_cached) forget(bed, alpha);
        give_go_sum_another_hash(bed, alpha);
        const std::string words = advice_and_nothing_else(bed, build);
        INFO(words);
        CHECK(words.starts_with(alpha + ": go.sum is wrong"));
        CHECK(contains(words, "it matches neither the checksum database nor the download"));
        CHECK(words.ends_with("; run: gomend fix --gosum"));
        const Ran fix = bed.companion({"fix", "--gosum", "--yes"}, {.cwd = bed.app});
        INFO(fix.text());
        CHECK(fix.code() == 0);
        CHECK(bed.go(build).code() == 0);
      }
    }
  });
}

TEST_CASE("story 5: changed upstream after it was published: go.sum's alarm is told, not silenced",
          "[e2e]") {
  with_each_go([](const Go& go) {
    TwoSources two(go);
    const Source as_published;
    const Sumdb honest = as_published.sumdb();
    two.bed.env["GOSUMDB"] = honest.with_url();
    forget(two.bed, alpha);
    const std::string zip = R"(alpha/@v/v1\.1\.0\.zip$)";
    two.bed.proxy.fault({.match = zip, .kind = "wrong"});
    two.second.fault({.match = zip, .kind = "wrong"});
    const std::string words = advice_and_nothing_else(two.bed, build);
    INFO(words);
    CHECK(words.starts_with(alpha + ": upstream content changed after publication"));
    CHECK(words.ends_with("; see: gomend diff " + alpha));
  });
}

// No checksum database covers alpha, the cache lacks it, and the first source serves another one.
// Gives the database that must not be asked.
static Sumdb serve_another_private_alpha(Bed& bed) {
  Sumdb database = bed.proxy.sumdb();
  bed.env["GOSUMDB"] = database.with_url();
  bed.env["GONOSUMDB"] = "github.com/acme/*";
  forget(bed, alpha);
  bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.zip$)", .kind = "wrong"});
  return database;
}

TEST_CASE("a private tag that was moved is told apart from a change of what was published",
          "[e2e]") {
  Bed bed(gos().back());
  const Sumdb database = serve_another_private_alpha(bed);
  const std::string words = advice_and_nothing_else(bed, build);
  INFO(words);
  CHECK(words.starts_with(alpha +
                          ": content differs from go.sum, and no checksum database covers it"));
  CHECK(contains(words, "its tag may have been moved"));
  CHECK(contains(words, "; see: git log "));
  CHECK(database.log().empty());
}

TEST_CASE("where a comma kept a source from being asked, nobody says that no source has the bytes",
          "[e2e]") {
  TwoSources two(gos().back());
  Bed& bed = two.bed;
  bed.env["GOMEND_PUBLIC"] = "https://nobody.invalid";
  serve_another_private_alpha(bed);
  const std::string words = advice_and_nothing_else(bed, build);
  INFO(words);
  CHECK(words.starts_with(alpha + ": content differs from go.sum"));
  CHECK(contains(words, "the comma after it in GOPROXY prevents"));
  CHECK(!contains(words, "no source"));
  CHECK(two.second.log().empty());
}

TEST_CASE("with the checksum database away, a mismatch that no source settles is still one line",
          "[e2e]") {
  Bed bed(gos().back());
  const Sumdb away = bed.proxy.sumdb();
  away.fault({.kind = "reset"});
  bed.env["GOSUMDB"] = away.with_url();
  forget(bed, alpha);
  bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.zip$)", .kind = "wrong"});
  CHECK(advice_and_nothing_else(bed, build).starts_with(alpha + ": content differs from go.sum"));
}

}  // namespace tests

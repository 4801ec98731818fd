// The five stories behind "checksum mismatch", each with the bytes, the go.sum and the checksum
// database that tell them; sources that fail; and what can't be mended. In each, what is the
// user's stays as it was.

#include <algorithm>
#include <functional>

#include "tests/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/bed/world.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string beta = "github.com/acme/beta/v2@v2.3.0";
const std::string gamma = "github.com/BurntSynth/Gamma@v0.4.0";
const std::string lonely = "github.com/acme/lonely@v1.0.0";
const std::string theta = "go.example.org/theta@v0.9.0";
const std::string some_h1 = "h1:" + std::string(42, 'A') + "E=";
const Args build = {"build", "./..."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// The same server under another name, so that words can tell the sources apart.
std::string on_localhost(const std::string& url) {
  return replaced(url, "127.0.0.1", "localhost");
}

std::string host_of(const std::string& url) {
  const std::string rest = url.substr(url.find("://") + 3);
  return rest.substr(0, rest.find('/'));
}

// A bed whose GOPROXY has a first source, taken for public, and a second one.
struct TwoSources {
  explicit TwoSources(const Go& go, const BedOptions& options = {}) : bed(go, options) {
    bed.env["GOPROXY"] = first_url() + "," + second.url();
    bed.env["GOMEND_PUBLIC"] = first_url();
  }
  [[nodiscard]] std::string first_url() const { return on_localhost(bed.proxy.url()); }

  Bed bed;
  Source second;
};

// The cache has never had its zip.
void forget(const Bed& bed, const std::string& module) {
  remove_tree(bed.tree(module));
  fs::remove(bed.zip(module));
  fs::remove(bed.download(module, ".ziphash"));
}

// A cache whose zip and ziphash agree with each other, on other bytes than go.sum's.
void forge(const Bed& bed, const std::string& module) {
  remove_tree(bed.tree(module));
  damage(bed.zip(module), "edited");
  write_file(bed.download(module, ".ziphash"), h1_of(bed.zip(module)));
}

std::string line_of(const Bed& bed, const std::string& module) {
  const std::string start =
      module.substr(0, module.find('@')) + " " + module.substr(module.find('@') + 1) + " ";
  const std::string text = read_file(bed.app / "go.sum");
  const auto at = text.find(start);
  return text.substr(at, text.find('\n', at) - at);
}

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

void check_holds_what_go_sum_wants(const Bed& bed, const std::string& module) {
  const std::string h1 = h1_of(bed.zip(module));
  CHECK(line_of(bed, module).ends_with(h1));
  CHECK(read_file(bed.download(module, ".ziphash")) == h1);
  CHECK(h1_of_tree(bed.tree(module), module) == h1);
}

// Plain go fails, gomend too: with go's own words and end, one line of advice, and the caches as
// plain go leaves them. Gives that line.
std::string advice_and_nothing_else(const Bed& bed, const Args& args) {
  (void)bed.go(args);
  const Ran plain = bed.go(args);
  const Snapshot modules = bed.modules();
  Snapshot builds = bed.builds();
  // A go that dies of a mismatch may leave an entry of the index empty that the next one writes.
  std::erase_if(builds, [](const auto& entry) { return entry.second.size == 0; });
  const Witness witness(bed);
  const Ran ran = bed.gomend(args);
  INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(plain.code() != 0);
  CHECK(ran.code() == plain.code());
  CHECK(ran.out == plain.out);
  CHECK(go_words(ran.err) == go_words(plain.err));
  CHECK(lost_or_changed(modules, bed.modules(), {.ignore = {"*.tmp"}, .inodes = true}) == "");
  CHECK(lost_or_changed(builds, bed.builds(), {.ignore = {"*-d", "trim.txt"}}) == "");
  CHECK(witness.changes() == "");
  const auto words = gomend_words(ran.err);
  CHECK(words.size() == 1);
  return words.empty() ? "" : words.front();
}

void with_each_go(const std::function<void(const Go&)>& body) {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      body(go);
    }
  }
}

// A program of one file that uses alpha, beside the project; `more` goes into its go.mod.
void write_small_project(const fs::path& dir, const std::string& more = "") {
  write_file(dir / "go.mod", "module example.com/" + dir.filename().string() +
                                 "\n\ngo 1.17\n\nrequire github.com/acme/alpha v1.1.0\n" + more);
  write_file(dir / "main.go",
             "package main\n\nimport \"github.com/acme/alpha\"\n\n"
             "func main() { println(alpha.Name()) }\n");
}

std::string sums_of(const Bed& bed, const std::string& module) {
  const std::string path = module.substr(0, module.find('@'));
  const std::string version = module.substr(module.find('@') + 1);
  return path + " " + version + " " + h1_of(bed.zip(module)) + "\n" + path + " " + version +
         "/go.mod " + h1_of(bed.download(module, ".mod")) + "\n";
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
                               ": the cached zip is damaged (h1 does not match go.sum) and the "
                               "recorded ziphash is wrong"));
    CHECK(contains(words[0], "; replaced"));
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
        CHECK(contains(words[0], "taken from " + host_of(two.second.url())));
        CHECK(contains(words[0], "gives wrong bytes"));
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
      CHECK(contains(ran.err, host_of(two.first_url()) + " gives wrong bytes"));
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
    CHECK(contains(words[0], alpha + ": " + host_of(two.first_url()) + " gives wrong bytes"));
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
        CHECK(contains(words, "; who wrote it: git log "));
        CHECK(words.ends_with("; next: gomend fix --gosum"));
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
    CHECK(words.starts_with(alpha + ": the module was changed upstream"));
    CHECK(contains(words, "; next: "));
  });
}

TEST_CASE("a private tag that was moved is told apart from a change of what was published",
          "[e2e]") {
  Bed bed(gos().back());
  const Sumdb database = bed.proxy.sumdb();
  bed.env["GOSUMDB"] = database.with_url();
  bed.env["GONOSUMDB"] = "github.com/acme/*";
  forget(bed, alpha);
  bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.zip$)", .kind = "wrong"});
  const std::string words = advice_and_nothing_else(bed, build);
  INFO(words);
  CHECK(words.starts_with(alpha + ": no source has the bytes that go.sum wants"));
  CHECK(contains(words, "gomend evict --refetch " + alpha));
  CHECK(contains(words, "; next: git log "));
  CHECK(database.log().empty());
}

TEST_CASE("with the checksum database away, a mismatch that no source settles is still one line",
          "[e2e]") {
  Bed bed(gos().back());
  const Sumdb away = bed.proxy.sumdb();
  away.fault({.kind = "reset"});
  bed.env["GOSUMDB"] = away.with_url();
  forget(bed, alpha);
  bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.zip$)", .kind = "wrong"});
  CHECK(advice_and_nothing_else(bed, build).starts_with(alpha + ": no source that your settings"));
}

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
  CHECK(contains(ran.err, "gomend: " + beta + ": the cached zip is damaged; replaced"));
  CHECK(contains(ran.err, "gomend: " + alpha + ": the cached zip is damaged; no source"));
}

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
    CHECK(contains(ran.err, "gomend: " + alpha + ": the cached .info is of another version"));
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
  for (const Go& go : gos()) {
    for (const Row& row : rows) {
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
  SECTION("the checksum database's record proves it public") {
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
    CHECK(ran.code() == 0);
    CHECK(two.second.log_text() != "");
  }
}

TEST_CASE("the go.sum that counts is the one that go used", "[e2e]") {
  with_each_go([](const Go& go) {
    const Bed bed(go);
    const fs::path place = bed.app / "place";
    const std::string sums = sums_of(bed, alpha);
    const auto check_mended = [&](const Args& args, const RunOptions& options = {}) {
      const Ran plain = bed.go(args, options);
      const Witness witness(bed);
      const Ran ran = bed.gomend(args, options);
      INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
      CHECK(contains(plain.err, "checksum mismatch"));
      CHECK(ran.code() == 0);
      CHECK(gomend_words(ran.err).size() == 1);
      CHECK(contains(ran.err, "gomend: " + alpha + ": the cached zip is damaged"));
      check_holds_what_go_sum_wants(bed, alpha);
      CHECK(witness.changes() == "");
    };
    SECTION("a module of a workspace has it") {
      write_small_project(place / "one");
      write_file(place / "one/go.sum", sums);
      write_file(place / "two/go.mod", "module example.com/two\n\ngo 1.17\n");
      write_file(place / "go.work", "go 1.18\n\nuse ./one\nuse ./two\n");
      forge(bed, alpha);
      check_mended({"build", "-o", bed.tmp.string(), "example.com/one"}, {.cwd = place / "two"});
    }
    SECTION("go.work.sum has it") {
      write_small_project(place / "one");
      write_file(place / "go.work", "go 1.18\n\nuse ./one\n");
      write_file(place / "go.work.sum", sums);
      forge(bed, alpha);
      check_mended({"build", "-o", bed.tmp.string(), "."}, {.cwd = place / "one"});
    }
    SECTION("GOWORK leads to it") {
      write_small_project(place / "one");
      write_file(place / "far/go.work", "go 1.18\n\nuse ../one\n");
      write_file(place / "far/go.work.sum", sums);
      forge(bed, alpha);
      check_mended({"build", "-o", bed.tmp.string(), "."},
                   {.env = {{"GOWORK", (place / "far/go.work").string()}}, .cwd = place / "one"});
    }
    SECTION("-modfile leads to it") {
      write_small_project(place);
      write_file(place / "alternative.mod", read_file(place / "go.mod"));
      write_file(place / "alternative.sum", sums);
      forge(bed, alpha);
      check_mended({"build", "-modfile=alternative.mod", "-o", bed.tmp.string()}, {.cwd = place});
    }
    SECTION("-modfile in GOFLAGS leads to it") {
      write_small_project(place);
      write_file(place / "alternative.mod", read_file(place / "go.mod"));
      write_file(place / "alternative.sum", sums);
      forge(bed, alpha);
      check_mended({"build", "-o", bed.tmp.string()},
                   {.env = {{"GOFLAGS", "-modfile=alternative.mod"}}, .cwd = place});
    }
    SECTION("-C leads to it") {
      if (go.minor < 20) return;
      write_small_project(place);
      write_file(place / "go.sum", sums);
      forge(bed, alpha);
      check_mended({"build", "-C", "place", "-o", bed.tmp.string()});
    }
    SECTION("it stands above the directory of the command") {
      write_file(place / "main.go",
                 "package main\n\nimport \"github.com/acme/alpha\"\n\n"
                 "func main() { println(alpha.Name()) }\n");
      forge(bed, alpha);
      check_mended({"build", "-o", bed.tmp.string()}, {.cwd = place});
    }
  });
}

TEST_CASE("a replacement's version is mended, and a replacement on the disk is left alone",
          "[e2e]") {
  with_each_go([](const Go& go) {
    const Bed bed(go);
    const fs::path place = bed.app / "place";
    const std::string old = "github.com/acme/alpha@v1.0.0";
    REQUIRE(bed.go({"mod", "download", old}).code() == 0);
    const Args args = {"build", "-o", bed.tmp.string()};
    SECTION("by another version") {
      write_small_project(place,
                          "\nreplace github.com/acme/alpha => github.com/acme/alpha v1.0.0\n");
      write_file(place / "go.sum", sums_of(bed, old));
      forge(bed, old);
      const Ran ran = bed.gomend(args, {.cwd = place});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(contains(ran.err, "gomend: " + old + ": the cached zip is damaged"));
    }
    SECTION("by a directory") {
      write_file(bed.app / "local/go.mod", "module github.com/acme/zeta\n");
      write_file(bed.app / "local/zeta.go",
                 "package zeta\n\nfunc Name() string { return \"l\" }\n");
      write_file(bed.app / "go.mod",
                 read_file(bed.app / "go.mod") + "\nreplace github.com/acme/zeta => ./local\n");
      remove_tree(bed.tree(alpha) / "extra.go");
      const Witness witness(bed);
      const Ran ran = bed.gomend(build);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(witness.changes() == "");
    }
  });
}

TEST_CASE("install P@V and run P@V are mended without a go.sum", "[e2e]") {
  const std::string toolbox = "github.com/acme/toolbox@v1.0.0";
  const std::string program = "github.com/acme/toolbox/cmd/hello@v1.0.0";
  for (const Go& go : gos()) {
    for (const bool with_sumdb : {false, true}) {
      for (const bool in_project : {false, true}) {
        DYNAMIC_SECTION(go.version << (with_sumdb ? ", with sumdb" : ", GOSUMDB=off")
                                   << (in_project ? ", in a project" : ", outside")) {
          Bed bed(go);
          const Sumdb honest = bed.proxy.sumdb();
          if (with_sumdb) bed.env["GOSUMDB"] = honest.with_url();
          bed.env["GOBIN"] = (bed.tmp / "bin").string();
          const RunOptions where = {.cwd = in_project ? bed.app : bed.tmp};
          const auto break_it = [&] {
            remove_tree(bed.tree(toolbox));
            damage(bed.zip(toolbox), "half");
          };
          break_it();
          const Witness witness(bed);
          const Ran installed = bed.gomend({"install", program}, where);
          INFO("install: " << installed.text());
          CHECK(installed.code() == 0);
          CHECK(fs::exists(bed.tmp / "bin/hello"));
          CHECK(contains(installed.err, "gomend: " + toolbox + ": the cached zip is damaged"));
          break_it();
          const Ran ran = bed.gomend({"run", program}, where);
          INFO("run: " << ran.text());
          CHECK(ran.code() == 0);
          CHECK(ran.out == "hello from toolbox\n");
          CHECK(contains(ran.err, "gomend: " + toolbox + ": the cached zip is damaged"));
          CHECK(h1_of(bed.zip(toolbox)) == read_file(bed.download(toolbox, ".ziphash")));
          CHECK(difference(snapshot(bed.app), snapshot(bed.app)) == "");
        }
      }
    }
  }
}

TEST_CASE("a writable cache (-modcacherw) stays one", "[e2e][sample]") {
  with_each_go([](const Go& go) {
    Bed bed(go);
    bed.env["GOFLAGS"] = "-modcacherw";
    remove_tree(bed.tree(alpha));
    REQUIRE(bed.go({"mod", "download"}).code() == 0);
    const Snapshot before = snapshot(bed.tree(alpha));
    CHECK((before.at(".").mode & 0200) != 0);
    SECTION("a file") {
      remove_tree(bed.tree(alpha) / "extra.go");
    }
    SECTION("a directory") {
      remove_tree(bed.tree(alpha) / "inner");
    }
    SECTION("the zip") {
      remove_tree(bed.tree(alpha));
      damage(bed.zip(alpha), "half");
    }
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    Snapshot after = snapshot(bed.tree(alpha));
    for (auto& [path, entry] : after) {
      if (entry.kind == 'f') entry.mode = before.at(path).mode;  // go's own are 0444 or 0644
    }
    CHECK(difference(before, after) == "");
  });
}

TEST_CASE("a vendored project needs no cache, and gomend leaves it alone", "[e2e]") {
  const Bed bed(gos().back());
  REQUIRE(bed.go({"mod", "vendor"}).code() == 0);
  remove_tree(bed.tree(alpha));
  damage(bed.zip(alpha), "half");
  const Snapshot modules = bed.modules();
  const Args args = {"build", "-mod=vendor", "./..."};
  const Ran sound = bed.gomend(args);
  CHECK(sound.code() == 0);
  CHECK(sound.err == "");
  fs::remove(bed.app / "vendor/github.com/acme/alpha/extra.go");
  const Witness witness(bed);
  const Ran plain = bed.go(args);
  const Ran ran = bed.gomend(args);
  INFO(ran.text());
  CHECK(plain.code() != 0);
  CHECK(ran.code() == plain.code());
  CHECK(ran.err == plain.err);
  CHECK(witness.changes() == "");
  CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
}

}  // namespace tests

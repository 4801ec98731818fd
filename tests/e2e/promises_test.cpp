// Promises that no fault and no command has to itself: a command that succeeds, one that is mended
// as if the cache had been empty, what go is asked to check, and what happens when gomend itself
// fails. Where it matters what go was told, the "real go" is a script that writes it down first.

#include <functional>
#include <sstream>

#include "recovery/os/text.hpp"
#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string lonely = "github.com/acme/lonely@v1.0.0";
const Args build = {"build", "./..."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string joined(const Args& args) {
  std::string text;
  for (const std::string& arg : args) text += (text.empty() ? "" : " ") + arg;
  return text;
}

// Test times are never the same twice.
std::string without_times(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if ((c < '0' || c > '9') && c != '.') result += c;
  }
  return result;
}

// A go that does `first`, and then is the real one.
fs::path write_script_go(const Bed& bed, const std::string& first) {
  const fs::path script = bed.root / "tmp/script/go";
  write_file(script, "#!/bin/sh\n" + first + "\nexec " + bed.toolchain.path.string() + " \"$@\"\n");
  fs::permissions(script, fs::perms{0755});
  return script;
}

// What a variable was at each call of go, one a line: "build ./...: off".
std::string write_down(const fs::path& log, const std::string& variable) {
  return "printf '%s: %s\\n' \"$*\" \"$" + variable + "\" >>" + log.string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void forget(const Bed& bed, const std::string& module) {
  remove_tree(bed.tree(module));
  for (const char* extension : {".zip", ".ziphash", ".info", ".mod"})
    fs::remove(bed.download(module, extension));
}

}  // namespace

TEST_CASE("if go succeeds, nothing tells that gomend is there", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go, {.builds = Builds::warm});
      const fs::path calls = bed.root / "tmp/calls";
      for (const Args& args :
           {Args{"build", "./..."}, Args{"run", "."}, Args{"test", "-count=1", "./..."},
            Args{"vet", "./..."}, Args{"list", "-deps", "./..."}, Args{"list", "-json", "."},
            Args{"list", "-e", "-json", "-deps", "./..."}, Args{"mod", "graph"},
            Args{"mod", "download", "-json"}, Args{"mod", "verify"}, Args{"env", "GOVERSION"},
            Args{"version"}, Args{"test", "-count=1", "-json", "./pkg/calc"}}) {
        const Ran plain = bed.go(args);
        const Snapshot modules = bed.modules();
        const Snapshot home = snapshot(bed.home);
        const Snapshot tmp = snapshot(bed.tmp);
        const Witness witness(bed);
        const Ran ran = bed.gomend(args);
        INFO(joined(args) << "\nplain go: " << plain.text() << "\ngomend: " << ran.text());
        CHECK(plain.code() == 0);
        CHECK(ran.status == plain.status);
        const bool has_times = args[0] == "test";
        CHECK((has_times ? without_times(ran.out) == without_times(plain.out)
                         : ran.out == plain.out));
        CHECK(ran.err == plain.err);
        CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
        CHECK(difference(home, snapshot(bed.home), {.inodes = true}) == "");
        CHECK(difference(tmp, snapshot(bed.tmp), {.inodes = true}) == "");
        CHECK(witness.changes() == "");
        const fs::path script = write_script_go(bed, write_down(calls, "GOMEND"));
        CHECK(bed.gomend(args, {.env = {{"GOMEND_REAL_GO", script.string()}}}).code() == 0);
        CHECK(lines_of(read_file(calls)).size() == 1);
        remove_tree(calls);
        remove_tree(script.parent_path());
      }
    }
  }
}

TEST_CASE("a broken artefact is mended, and the command ends as on an empty cache", "[e2e]") {
  struct Row {
    std::string name;
    bool from_cache;
    std::function<void(const Bed&)> break_it;
  };
  const std::vector<Row> rows = {
      {"a zip", false,
       [](const Bed& bed) {
         remove_tree(bed.tree(alpha));
         damage(bed.zip(alpha), "bitflip");
       }},
      {"a source file", true, [](const Bed& bed) { remove_tree(bed.tree(alpha) / "extra.go"); }},
      {"a go.mod", true, [](const Bed& bed) { damage(bed.download(alpha, ".mod"), "zerofill"); }},
      {"a ziphash", true,
       [](const Bed& bed) { damage(bed.download(alpha, ".ziphash"), "edited"); }},
  };
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version << ": empty caches") {
      const Bed empty(go, {.modules = Modules::empty});
      CHECK(empty.go({"run", "."}).out == report_text);
    }
  }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Row& row = rows[n];
    for (const Go& go : gos_of_row(n)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        const Bed bed(go);
        row.break_it(bed);
        const Witness witness(bed);
        const Ran ran = bed.gomend({"run", "."});
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(ran.out == report_text);
        CHECK(witness.changes() == "");
        for (const Request& request : bed.proxy.log()) {
          CHECK(contains(request.path, "github.com/acme/alpha/@v/v1.1.0."));
        }
        if (row.from_cache) CHECK(bed.proxy.log_text() == "");
      }
    }
  }
}

TEST_CASE("verification is never weakened", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go);
      const Source second;
      bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
      bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
      const Sumdb honest = second.sumdb();
      bed.env["GOSUMDB"] = honest.with_url();
      bed.proxy.fault({.match = "zip$", .kind = "wrong"});
      const Args args = {"mod", "download", lonely};
      SECTION("what go.sum does not know must be what the checksum database says") {
        forget(bed, lonely);
        const Witness witness(bed);
        const Ran ran = bed.gomend(args);
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(contains(honest.log().front().path, "lookup/github.com/acme/lonely@v1.0.0"));
        CHECK(h1_of(bed.zip(lonely)) == read_file(bed.download(lonely, ".ziphash")));
        CHECK(contains(ran.err, "serves content with the wrong checksum"));
      }
      SECTION("or it does not come in") {
        forget(bed, lonely);
        second.fault({.match = "zip$", .kind = "wrong"});
        const Ran ran = bed.gomend(args);
        INFO(ran.text());
        CHECK(ran.code() == 1);
        CHECK(!fs::exists(bed.zip(lonely)));
        CHECK(!fs::exists(bed.tree(lonely)));
      }
      SECTION("a database that is away is no leave to do without") {
        forget(bed, lonely);
        honest.fault({.kind = "reset"});
        const Ran ran = bed.gomend(args);
        INFO(ran.text());
        CHECK(ran.code() == 1);
        CHECK(!fs::exists(bed.zip(lonely)));
      }
      SECTION("go is asked for what the user asks it for, and the second time like the first") {
        remove_tree(bed.tree(alpha));
        damage(bed.zip(alpha), "half");
        const fs::path log = bed.root / "tmp/log";
        std::string first;
        for (const char* variable : {"GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOINSECURE",
                                     "GOFLAGS", "GOPROXY", "GOCACHE", "GOMODCACHE"}) {
          first += write_down(log, variable) + "\n";
        }
        const fs::path script = write_script_go(bed, first);
        const Witness witness(bed);
        const Ran ran = bed.gomend(build, {.env = {{"GOMEND_REAL_GO", script.string()}}});
        INFO(ran.text() << read_file(log));
        CHECK(ran.code() == 0);
        CHECK(witness.changes() == "");
        std::vector<std::string> of_user;
        for (const std::string& line : lines_of(read_file(log))) {
          CHECK(!contains(line, "-mod=mod"));
          CHECK(!line.ends_with(": off"));
          if (line.starts_with("build ")) of_user.push_back(line);
        }
        REQUIRE(of_user.size() == 16);
        CHECK(std::vector(of_user.begin(), of_user.begin() + 8) ==
              std::vector(of_user.begin() + 8, of_user.end()));
        CHECK(contains(read_file(log), "mod download -json " + alpha + ": " + honest.with_url()));
        CHECK(contains(read_file(log), "mod download -json " + alpha + ": \n"));
      }
    }
  }
}

TEST_CASE("an internal error ends as plain go would have", "[e2e]") {
  const Bed bed(gos().back());
  remove_tree(bed.tree(alpha) / "extra.go");
  const Ran plain = bed.go(build);
  const Snapshot modules = bed.modules();
  const auto check_as_plain = [&](const std::string& script, Env env) {
    env["GOMEND_REAL_GO"] = write_script_go(bed, script).string();
    const Ran ran = bed.gomend(build, {.env = env});
    INFO(script << ": " << ran.text());
    CHECK(ran.code() == plain.code());
    CHECK(ran.out == plain.out);
    CHECK(ran.err == plain.err);
    CHECK(difference(modules, bed.modules(), {.inodes = true}) == "");
  };
  SECTION("go env fails") {
    check_as_plain("test \"$1\" != env || exit 1", {});
  }
  SECTION("go env answers nonsense") {
    check_as_plain("test \"$1\" != env || { echo '[1, {'; exit 0; }", {});
  }
  SECTION("go env answers another shape") {
    check_as_plain("test \"$1\" != env || { echo '{\"GOMODCACHE\": 7, \"GOPROXY\": []}'; exit 0; }",
                   {});
  }
  SECTION("go env names a cache that is none") {
    check_as_plain("test \"$1\" != env || { echo '{\"GOMODCACHE\": \"/nonexistent\"}'; exit 0; }",
                   {});
  }
  SECTION("go env dies") {
    check_as_plain("test \"$1\" != env || kill -SEGV $$", {});
  }
  SECTION("the settings are torn") {
    write_file(bed.home / ".config/gomend/config.toml", "public = [\"");
    const Ran ran = bed.gomend(build);
    INFO(ran.text());
    CHECK(ran.code() == 0);  // as without them
  }
}

}  // namespace tests

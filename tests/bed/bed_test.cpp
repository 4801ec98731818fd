#include "tests/bed/bed.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

template <typename Body>
void with_each_go(const Body& body) {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      body(go);
    }
  }
}

}  // namespace

TEST_CASE("a pristine bed builds offline, and the project says what it should", "[bed]") {
  with_each_go([](const Go& go) {
    const Bed bed(go);
    const Ran built = bed.go({"build", "./..."});
    INFO(built.text());
    CHECK(built.code() == 0);
    const Ran ran = bed.go({"run", "."});
    INFO(ran.text());
    CHECK(ran.out == report_text);
    CHECK(bed.proxy.log_text() == "");
    CHECK(difference(bed.pristine_modules(), bed.modules(), {.ignore = {"cache/lock", "*.lock"}}) ==
          "");
    CHECK(fs::exists(bed.index_entry(alpha)));
  });
}

TEST_CASE(
    "in a bed every test runs once, and none where the environment does not say where to note it",
    "[bed]") {
  with_each_go([](const Go& go) {
    const Bed bed(go, {.builds = Builds::warm});
    const Ran ran = bed.go({"test", "./..."});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(bed.test_runs() == all_tests);
  });
}

TEST_CASE("on a clean bed the commands of the tables work, most without a proxy", "[bed]") {
  struct Row {
    Args args;
    int minor;  // from which Go on
    bool offline;
  };
  const std::string hello = "github.com/acme/toolbox/cmd/hello";
  const std::vector<Row> rows = {
      {{"build", "-json", "./..."}, 24, true},
      {{"install", "."}, 19, true},
      {{"install", hello + "@v1.0.0"}, 19, false},  // go asks for other module paths, too
      {{"run", hello + "@v1.0.0"}, 19, false},
      {{"test", "./pkg/report"}, 19, true},
      {{"test", "-json", "./..."}, 19, true},
      {{"test", "-coverprofile=cover.out", "./..."}, 19, true},
      {{"vet", "./..."}, 19, true},
      {{"list", "-deps", "./..."}, 19, true},
      {{"list", "-json", "./..."}, 19, true},
      {{"mod", "download"}, 19, true},
      {{"mod", "download", "-json"}, 19, true},
      {{"mod", "tidy"}, 19, true},
      {{"mod", "vendor"}, 19, true},
      {{"mod", "verify"}, 19, true},
      {{"get", "github.com/acme/alpha@v1.1.0"}, 19, false},
      {{"get", "github.com/acme/alpha@latest"}, 19, false},
      {{"tool", "hello"}, 24, true},
  };
  with_each_go([&](const Go& go) {
    for (const auto& row : rows) {
      if (go.minor < row.minor) continue;
      std::string name;
      for (const auto& arg : row.args) name += arg + " ";
      DYNAMIC_SECTION(name) {
        const Bed bed(go, {.tool = row.args[0] == "tool"});
        const std::string go_mod = read_file(bed.app / "go.mod");
        const std::string go_sum = read_file(bed.app / "go.sum");
        const Ran ran = bed.go(row.args);
        INFO(ran.text());
        CHECK(ran.code() == 0);
        CHECK(read_file(bed.app / "go.mod") == go_mod);
        CHECK(read_file(bed.app / "go.sum") == go_sum);
        if (row.offline) CHECK(bed.proxy.log_text() == "");
      }
    }
  });
}

TEST_CASE("a bed leaves the pristine states as they were", "[bed]") {
  with_each_go([](const Go& go) {
    Snapshot first;
    {
      const Bed bed(go);
      first = bed.builds();
      damage(bed.gocache / "01", "emptied");
      for (const auto& [path, entry] : first) {
        if (path.ends_with("-d") && path.substr(0, 2) != "01" && entry.size > 0 &&
            entry.kind == 'f') {
          damage(bed.gocache / path, "zerofill");
        }
      }
      CHECK(bed.go({"build", "./..."}).code() != 0);
    }
    const Bed bed(go);
    CHECK(difference(first, bed.builds(), {.ignore = {"trim.txt"}}) == "");
    CHECK(bed.go({"build", "./..."}).code() == 0);
  });
}

TEST_CASE("the real go fails under the damage kit as the tables say", "[bed]") {
  struct Row {
    std::string name;
    std::string kind;
    fs::path (*where)(const Bed&);
    bool trees;
    std::string says;
  };
  const std::vector<Row> rows = {
      {"zip cut", "half", [](const Bed& b) { return b.zip(alpha); }, false,
       "zip: not a valid zip file"},
      {"zip of another module", "other-module", [](const Bed& b) { return b.zip(alpha); }, false,
       "path does not have prefix"},
      {"zip with a wrong name", "central-bit", [](const Bed& b) { return b.zip(alpha); }, false,
       "path does not have prefix"},
      {"valid, empty zip", "valid-empty", [](const Bed& b) { return b.zip(alpha); }, false,
       "no required module provides package github.com/acme/alpha"},
      {"ziphash of another zip", "edited",
       [](const Bed& b) { return b.download(alpha, ".ziphash"); }, true,
       "verifying github.com/acme/alpha@v1.1.0: checksum mismatch"},
      {"go.mod emptied", "emptied", [](const Bed& b) { return b.download(alpha, ".mod"); }, true,
       "verifying github.com/acme/alpha@v1.1.0/go.mod: checksum mismatch"},
      {"go.mod with CR", "crlf", [](const Bed& b) { return b.download(alpha, ".mod"); }, true,
       "verifying github.com/acme/alpha@v1.1.0/go.mod: checksum mismatch"},
      {"lock is a directory", "dir", [](const Bed& b) { return b.download(alpha, ".lock"); }, false,
       "v1.1.0.lock: is a directory"},
      {"symbol lost", "deleted", [](const Bed& b) { return b.tree(alpha) / "extra.go"; }, true,
       "undefined: alpha.Extra"},
      {"package lost", "deleted", [](const Bed& b) { return b.tree(alpha) / "inner/inner.go"; },
       true, "no required module provides package github.com/acme/alpha/inner"},
      {"half a tree", "half", [](const Bed& b) { return b.tree(alpha); }, true,
       "no required module provides package github.com/acme/alpha/inner"},
      {"embedded file lost", "deleted",
       [](const Bed& b) { return b.tree("go.example.org/theta@v0.9.0") / "data/table.txt"; }, true,
       "pattern data/table.txt: no matching files found"},
      {"@v is a file", "file", [](const Bed& b) { return b.zip(alpha).parent_path(); }, true,
       "not a directory"},
  };
  with_each_go([&](const Go& go) {
    for (const auto& row : rows) {
      DYNAMIC_SECTION(row.name) {
        const Bed bed(go, {.modules = row.trees ? Modules::full : Modules::downloads});
        damage(row.where(bed), row.kind);
        for (int attempt = 0; attempt < 2; ++attempt) {
          const Ran ran = bed.go({"build", "./..."});
          INFO(ran.text());
          CHECK(ran.code() != 0);
          CHECK(contains(ran.err, row.says));
        }
      }
    }
  });
}

TEST_CASE("a silent fault of the damage kit changes what the program says", "[bed]") {
  with_each_go([](const Go& go) {
    SECTION("a source file in a tree") {
      const Bed bed(go);
      damage(bed.tree(alpha) / "alpha.go", "edited");
      const Ran ran = bed.go({"run", "."});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(contains(ran.out, "alpha v1.1.1"));
    }
    SECTION("a zip that is unpacked") {
      const Bed bed(go, {.modules = Modules::downloads});
      damage(bed.zip(alpha), "edited");
      const Ran ran = bed.go({"run", "."});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(contains(ran.out, "altered alpha"));
    }
  });
}

TEST_CASE("a proxy's faults reach go, and the log has each request", "[bed]") {
  struct Row {
    std::string kind;
    int number;  // status or bytes
    std::string says;
  };
  const std::vector<Row> rows = {
      {"status", 502, "502 Bad Gateway"},
      {"truncate", 100, "zip: not a valid zip file"},
      {"drop", 100, "unexpected EOF"},
      {"html", 0, "zip: not a valid zip file"},
      {"empty", 0, "zip: not a valid zip file"},
      {"reset", 0, "connection reset by peer"},
      {"wrong", 0, "verifying github.com/acme/alpha@v1.1.0: checksum mismatch"},
  };
  const Go& go = gos().back();
  for (const auto& row : rows) {
    DYNAMIC_SECTION(row.kind) {
      const Bed bed(go);
      remove_tree(bed.tree(alpha));
      fs::remove(bed.zip(alpha));
      bed.proxy.fault({.match = R"(alpha/@v/v1\.1\.0\.zip$)",
                       .kind = row.kind,
                       .status = row.number,
                       .bytes = row.number});
      const Ran ran = bed.go({"build", "./..."});
      INFO(ran.text());
      CHECK(ran.code() == 1);
      CHECK(contains(ran.err, row.says));
      CHECK(bed.proxy.log().size() == 1);
      bed.proxy.clear();
      CHECK(bed.go({"build", "./..."}).code() == 0);
      CHECK(bed.proxy.log_text() == "200 github.com/acme/alpha/@v/v1.1.0.zip\n");
    }
  }
}

TEST_CASE("a fault can end after some requests, and a silent proxy is cut off by the limit",
          "[bed]") {
  const Bed bed(gos().back(), {.modules = Modules::empty});
  bed.proxy.fault({.match = "alpha/@v/.*zip$", .kind = "status", .status = 503, .times = 1});
  CHECK(bed.go({"mod", "download"}).code() == 1);
  CHECK(bed.go({"mod", "download"}).code() == 0);
  bed.proxy.fault({.match = "", .kind = "silence"});
  const Ran ran =
      bed.go({"mod", "download", "github.com/acme/far@v1.0.0"}, {.limit = std::chrono::seconds(1)});
  CHECK(ran.timed_out);
  CHECK(ran.code() == 128 + 9);
}

TEST_CASE("a source may serve other bytes for the same version", "[bed]") {
  const Bed bed(gos().front(), {.modules = Modules::empty});
  const TempDir other;
  write_file(other.path() / "github.com/acme/alpha@v1.1.0/go.mod",
             "module github.com/acme/alpha\n\ngo 1.17\n");
  write_file(other.path() / "github.com/acme/alpha@v1.1.0/alpha.go", "package alpha\n");
  bed.proxy.serve_first({other.path()});
  const Ran ran = bed.go({"build", "./..."});
  INFO(ran.text());
  CHECK(contains(ran.err, "verifying github.com/acme/alpha@v1.1.0: checksum mismatch"));
}

TEST_CASE("a checksum database agrees, lies, says no, goes away, shows two faces", "[bed]") {
  with_each_go([](const Go& go) {
    Bed bed(go, {.modules = Modules::empty});
    fs::remove(bed.app / "go.sum");
    const Args fetch = {"mod", "download", alpha};
    SECTION("agrees") {
      const Sumdb honest = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = honest.with_url();
      const Ran ran = bed.go(fetch);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(honest.log().front().path == "lookup/github.com/acme/alpha@v1.1.0");
      SECTION("then shows another face") {
        honest.fork();
        const Ran again = bed.go({"mod", "download", "go.example.org/theta@v0.9.0"});
        INFO(again.text());
        CHECK(contains(again.err, "go.sum database server misbehavior detected!"));
      }
    }
    SECTION("is reached through the proxy") {
      const Sumdb honest = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = honest.key();
      bed.proxy.pass_sumdbs_on(true);
      CHECK(bed.go(fetch).code() == 0);
      CHECK(contains(bed.proxy.log_text(), "200 sumdb/" + honest.name() + "/supported"));
    }
    SECTION("lies") {
      bed.env["GOSUMDB"] =
          bed.proxy.sumdb({{alpha, "h1:" + std::string(43, 'A') + "="}}).with_url();
      const Ran ran = bed.go(fetch);
      INFO(ran.text());
      CHECK(contains(ran.err, "verifying module: checksum mismatch"));
      CHECK(contains(ran.err, "does NOT match the one reported by the checksum server"));
    }
    SECTION("says no") {
      const Sumdb database = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = database.with_url();
      database.fault({.kind = "status", .status = 404, .body = "not found"});
      CHECK(contains(bed.go(fetch).err, "404 Not Found"));
    }
    SECTION("is away") {
      const Sumdb database = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = database.with_url();
      database.fault({.kind = "reset"});
      CHECK(contains(bed.go(fetch).err, "connection reset by peer"));
    }
  });
}

TEST_CASE("go fetches from the git server in direct mode, by insteadOf and by a go-get page",
          "[bed]") {
  with_each_go([](const Go& go) {
    Bed bed(go, {.modules = Modules::empty});
    bed.env["GOPROXY"] = "direct";
    const std::map<std::string, std::string> files = {{"go.mod", "module github.com/acme/direct\n"},
                                                      {"direct.go", "package direct\n"}};
    SECTION("insteadOf") {
      commit_to_git("github.com/acme/direct", files, "v1.0.0");
      write_file(bed.home / ".gitconfig",
                 "[url \"" + modserver_url() + "/git/\"]\n\tinsteadOf = https://\n");
      const Ran ran = bed.go({"mod", "download", "github.com/acme/direct@v1.0.0"});
      INFO(ran.text());
      CHECK(ran.code() == 0);
    }
    SECTION("go-get page") {
      commit_to_git("code.example.org/direct", {{"go.mod", "module code.example.org/direct\n"}},
                    "v1.0.0");
      bed.env["HTTP_PROXY"] = bed.env["HTTPS_PROXY"] = modserver_url();
      bed.env["GOINSECURE"] = "*.example.org";
      const Ran ran = bed.go({"mod", "download", "code.example.org/direct@v1.0.0"});
      INFO(ran.text());
      CHECK(ran.code() == 0);
    }
  });
}

TEST_CASE("Go's own h1 of a zip and of its tree are the same", "[bed]") {
  const Bed bed(gos().front());
  for (const auto& module : required_modules()) {
    const std::string h1 = read_file(bed.download(module, ".ziphash"));
    CHECK(h1_of(bed.zip(module)) == h1);
    CHECK(h1_of_tree(bed.tree(module), module) == h1);
    CHECK(contains(read_file(bed.app / "go.sum"), h1_of(bed.download(module, ".mod"))));
  }
}

TEST_CASE("a program on a terminal sees one", "[bed]") {
  const Ran on =
      run_pty({"/bin/sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo yes; exit 3"}, {});
  CHECK(on.out == "yes\r\n");
  CHECK(on.code() == 3);
  const Ran off = run({"/bin/sh", "-c", "test -t 1 || echo no; cat; echo err >&2; kill -TERM $$"},
                      {.input = "typed\n"});
  CHECK(off.out == "no\ntyped\n");
  CHECK(off.err == "err\n");
  CHECK(off.code() == 128 + 15);
}

TEST_CASE("a difference names what was lost, came, and changed", "[bed]") {
  const TempDir dir;
  write_file(dir.path() / "a/lost", "1");
  write_file(dir.path() / "a/changed", "1");
  write_file(dir.path() / "a/replaced", "1");
  write_file(dir.path() / "b/ignored", "1");
  const Snapshot before = snapshot(dir.path());
  fs::remove(dir.path() / "a/lost");
  write_file(dir.path() / "a/changed", "22");
  write_file(dir.path() / "a/replaced", "1");
  write_file(dir.path() / "b/ignored", "2");
  write_file(dir.path() / "c", "1");
  const Snapshot after = snapshot(dir.path());
  CHECK(difference(before, after, {.ignore = {"b"}}) ==
        "~ a/changed bytes (1 -> 2)\n- a/lost\n+ c\n");
  CHECK(contains(difference(before, after, {.inodes = true}), "~ a/replaced inode\n"));
  CHECK(difference(before, before, {.inodes = true, .times = true}) == "");
}

// Not a test: what a row costs (hidden; run it by its tag).
TEST_CASE("what a row costs", "[.bench]") {
  using Clock = std::chrono::steady_clock;
  const auto ms = [](Clock::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
  };
  for (const Go& go : gos()) {
    for (const auto builds : {Builds::std, Builds::warm}) {
      {
        const Bed first(go, {.builds = builds});
        damage(first.tree(alpha), "half");
        (void)first.go({"build", "./..."});
      }
      const auto start = Clock::now();
      auto bed = std::make_unique<Bed>(go, BedOptions{.builds = builds});
      const auto made = Clock::now();
      const Ran built = bed->go({"build", "./..."});
      const auto before_test = Clock::now();
      const Ran tested = bed->go({"test", "./..."});
      const auto before_snapshot = Clock::now();
      (void)bed->modules();
      (void)bed->builds();
      const auto before_removal = Clock::now();
      bed.reset();
      WARN(go.version << (builds == Builds::std ? " std" : " warm") << ": set-up "
                      << ms(made - start) << " ms, go build " << ms(before_test - made)
                      << " ms, go test " << ms(before_snapshot - before_test) << " ms, snapshots "
                      << ms(before_removal - before_snapshot) << " ms, removal "
                      << ms(Clock::now() - before_removal) << " ms");
    }
  }
}

}  // namespace tests

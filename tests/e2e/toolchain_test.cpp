// Toolchains that go fetches for itself (GOTOOLCHAIN, the go and toolchain lines; Go 1.21 and
// later) are modules too: golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64. This one is small: its
// bin/go is a script that looks for its compiler and hands over to the real go.

#include <sys/utsname.h>
#include <unistd.h>

#include <functional>

#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

std::string platform() {
  utsname name;
  ::uname(&name);
  return std::string(name.machine) == "aarch64" ? "linux-arm64" : "linux-amd64";
}

const std::string fetched = "golang.org/toolchain@v0.0.1-go1.99.0." + platform();
const std::string compiler = "pkg/tool/compile";

std::string script(const Go& go) {
  return "#!/bin/sh\n"
         "root=${0%/bin/go}\n"
         "unset GOTOOLCHAIN_INTERNAL_SWITCH_VERSION GOTOOLCHAIN_INTERNAL_SWITCH_COUNT\n"
         "export GOTOOLCHAIN=local\n"
         "if [ \"$1\" = env ]; then\n"
         "  GOROOT=" +
         go.root().string() + " " + go.path.string() +
         " \"$@\" | sed \"s,\\\"GOROOT\\\": .*\\\",\\\"GOROOT\\\": \\\"$root\\\",\"\n"
         "  exit\n"
         "fi\n"
         "[ -f $root/" +
         compiler +
         " ] || { echo 'go: no such tool \"compile\"' >&2; exit 2; }\n"
         "$root/" +
         compiler +
         " || { echo \"go: error obtaining buildID for go tool compile: fork/exec $root/" +
         compiler +
         ": permission denied\" >&2; exit 1; }\n"
         "GOROOT=" +
         go.root().string() + " exec " + go.path.string() + " \"$@\"\n";
}

struct ToolchainBed : Bed {
  explicit ToolchainBed(const Go& real) : Bed(real), database(serve(*this)) {
    env["GOTOOLCHAIN"] = "go1.99.0";
    env["GOPROXY"] = proxy.url();
    env["GOSUMDB"] = database.with_url();
    const Ran first = go({"build", "./..."});  // fetches and completes it
    INFO(first.text());
    REQUIRE(first.code() == 0);
    proxy.clear_log();
  }

  fs::path file(const std::string& name) const { return tree(fetched) / name; }

  Sumdb database;

 private:
  static Sumdb serve(const Bed& bed) {
    const fs::path files = bed.root / "toolchain" / fetched;
    write_file(files / "bin/go", script(bed.toolchain));
    write_file(files / "bin/gofmt", "#!/bin/sh\n");
    write_file(files / compiler, "#!/bin/sh\nexit 0\n");
    write_file(files / "src/_go.mod", "module std\n");
    write_file(files / "src/cmd/_go.mod", "module cmd\n");
    write_file(files / "lib/wasm/go_js_wasm_exec", "#!/bin/sh\n");
    write_file(files / "VERSION", "go1.99.0\n");
    bed.proxy.serve_first({bed.root / "toolchain"});
    return bed.proxy.sumdb();
  }
};

// A file of the tree that is read-only, in a directory that is.
void change(const fs::path& file, const std::function<void()>& how) {
  const Writable directory(file.parent_path());
  how();
}

struct Row {
  std::string name;
  std::function<void(const ToolchainBed&)> damage;
  std::size_t fetches;  // of the zip
};

const std::vector<Row> rows = {
    {"bin/go is lost", [](const ToolchainBed& bed) { damage(bed.file("bin/go"), "deleted"); }, 0},
    {"bin/go can't be run: emptied",
     [](const ToolchainBed& bed) {
       damage(bed.file("bin/go"), "garbage");
       fs::permissions(bed.file("bin/go"), fs::perms(0555));
     },
     0},
    {"the tree is empty", [](const ToolchainBed& bed) { damage(bed.tree(fetched), "emptied"); }, 0},
    {"the tree was never completed, and lost a part",
     [](const ToolchainBed& bed) {
       damage(bed.file("bin/gofmt"), "deleted");
       for (const char* name : {"bin/go", "pkg/tool/compile"})
         fs::permissions(bed.file(name), fs::perms(0444));
       for (const char* name : {"src/go.mod", "src/cmd/go.mod"})
         change(bed.file(name), [&] { fs::remove(bed.file(name)); });
     },
     0},
    {"a tool is lost", [](const ToolchainBed& bed) { damage(bed.file(compiler), "deleted"); }, 0},
    {"a tool may not be run",
     [](const ToolchainBed& bed) { fs::permissions(bed.file(compiler), fs::perms(0444)); }, 0},
    {"the zip is cut off, the tree gone",
     [](const ToolchainBed& bed) {
       damage(bed.zip(fetched), "half");
       remove_tree(bed.tree(fetched));
     },
     1},
    {"a tool is lost, and zip and ziphash agree on none: issue 15.13",
     [](const ToolchainBed& bed) {
       rezip(bed.zip(fetched), "empty");
       write_file(bed.download(fetched, ".ziphash"), h1_of(bed.zip(fetched)));
       damage(bed.file(compiler), "deleted");
     },
     1},
    {"and go.sum has a line for it, which go does not look at",
     [](const ToolchainBed& bed) {
       rezip(bed.zip(fetched), "empty");
       const std::string other = h1_of(bed.zip(fetched));
       write_file(bed.download(fetched, ".ziphash"), other);
       write_file(bed.app / "go.sum", read_file(bed.app / "go.sum") + "golang.org/toolchain " +
                                          fetched.substr(fetched.find('@') + 1) + " " + other +
                                          "\n");
       damage(bed.file(compiler), "deleted");
     },
     1},
};

const Go& newest_go() {
  return gos().back();
}

}  // namespace

TEST_CASE("a toolchain in the module cache is mended like any other module", "[e2e]") {
  if (newest_go().minor < 21) return;
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ToolchainBed bed(newest_go());
      const Snapshot clean = bed.modules();
      row.damage(bed);
      REQUIRE(bed.go({"build", "./..."}).code() != 0);
      bed.proxy.clear_log();
      const Witness witness(bed);
      const Ran ran = bed.gomend({"build", "./..."}, {.env = {{"GOMEND_TRACE", "0"}}});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(gomend_words(ran.err).size() == 1);
      CHECK(bed.go({"build", "./..."}).code() == 0);
      CHECK(witness.changes() == "");
      CHECK(difference(clean, bed.modules(),
                       {.ignore = {"cache/gomend", "*.lock", "*.zip", "*.info", "*.mod",
                                   "cache/download/sumdb"}}) == "");
      std::size_t zips = 0;
      for (const Request& request : bed.proxy.log()) zips += request.path.ends_with(".zip") ? 1 : 0;
      CHECK(zips == row.fetches);
    }
  }
}

TEST_CASE("root mends a toolchain in another user's cache", "[e2e]") {
  if (newest_go().minor < 21) return skip("needs Go 1.21");
  if (::geteuid() != 0) return skip("needs root");
  ToolchainBed bed(newest_go());
  damage(bed.file(compiler), "deleted");
  const Given given(bed.gomodcache, 65534);
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
}

TEST_CASE("the toolchain's errors are recognised for every watched command", "[e2e]") {
  if (newest_go().minor < 21) return;
  ToolchainBed bed(newest_go());
  for (const Args& command : std::vector<Args>{{"build", "./..."},
                                               {"list", "./..."},
                                               {"list", "-json", "./..."},
                                               {"vet", "./calc"},
                                               {"test", "./calc"},
                                               {"run", "."},
                                               {"mod", "tidy"},
                                               {"mod", "download", "-json"},
                                               {"fmt", "./..."},
                                               {"install", "./..."}}) {
    const Ran clean = bed.go(command);
    damage(bed.file("bin/go"), "deleted");
    const Ran ran = bed.gomend(command);
    INFO(command[0] << "\n" << ran.text());
    CHECK(ran.code() == clean.code());
    CHECK(ran.out == clean.out);
    CHECK(gomend_words(ran.err).size() == 1);
  }
}

TEST_CASE("a source that has no toolchain is passed over for one that has", "[e2e]") {
  if (newest_go().minor < 21) return;
  ToolchainBed bed(newest_go());
  const Source down;
  down.fault({.kind = "status", .status = 502});
  damage(bed.zip(fetched), "deleted");
  remove_tree(bed.tree(fetched));
  bed.env["GOPROXY"] = down.url() + "," + bed.proxy.url();
  bed.env["GOMEND_PUBLIC"] = down.url() + "," + bed.proxy.url();
  REQUIRE(bed.go({"build", "./..."}).code() != 0);
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text());
  CHECK(ran.code() == 0);
}

TEST_CASE("prune keeps the toolchain that a project runs with, and no other", "[e2e]") {
  for (const Go& go : gos()) {
    if (go.minor < 21) continue;
    DYNAMIC_SECTION(go.version) {
      ToolchainBed bed(go);
      Ran ran = bed.companion({"prune", bed.app.string()});
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      CHECK(fs::exists(bed.file("bin/go")));
      CHECK(bed.go({"build", "./..."}, {.env = {{"GOPROXY", "off"}}}).code() == 0);
      ran = bed.companion({"prune", bed.app.string()}, {.env = {{"GOTOOLCHAIN", "local"}}});
      REQUIRE(ran.code() == 0);
      CHECK(!fs::exists(bed.tree(fetched)));
      CHECK(!fs::exists(bed.zip(fetched)));
    }
  }
}

}  // namespace tests

// What a project may be: another go.sum, a replacement, no project at all, a writable cache, a
// vendor directory. In each, what is the user's stays as it was.

#include <algorithm>
#include <functional>

#include "recovery/settings/request.hpp"
#include "tests/e2e/story.hpp"

namespace tests {
namespace {

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
      CHECK(contains(ran.err, "gomend: " + alpha + ": cached zip is corrupt"));
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
      CHECK(contains(ran.err, "gomend: " + old + ": cached zip is corrupt"));
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
          CHECK(contains(installed.err, "gomend: " + toolbox + ": cached zip is corrupt"));
          break_it();
          const Ran ran = bed.gomend({"run", program}, where);
          INFO("run: " << ran.text());
          CHECK(ran.code() == 0);
          CHECK(ran.out == "hello from toolbox\n");
          CHECK(contains(ran.err, "gomend: " + toolbox + ": cached zip is corrupt"));
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

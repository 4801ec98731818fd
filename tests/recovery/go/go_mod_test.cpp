// go.mod, go.work and go.sum are read as Go reads them, and a torn one as far as it goes.

#include "recovery/go/go_mod.hpp"

#include "recovery/os/file.hpp"
#include "tests/bed/files.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::GoSums;
using recovery::parse_go_mod;

struct GoModRow {
  std::string name;
  std::string text;
  std::string module;
  std::string needed;  // "a.b/c@v1.0.0 …"
};

const std::vector<GoModRow> go_mods = {
    {"nothing", "", "", ""},
    {"a module alone", "module a.b/m\n", "a.b/m", ""},
    {"one line", "module a.b/m\n\ngo 1.21\n\nrequire a.b/c v1.0.0 // indirect\n", "a.b/m",
     "a.b/c@v1.0.0 "},
    {"blocks",
     "module a.b/m\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d/v2 v2.1.0 // indirect\n)\nrequire (\n"
     "\ta.b/e v0.0.0-20200102030405-0123456789ab\n)\n",
     "a.b/m", "a.b/c@v1.0.0 a.b/d/v2@v2.1.0 a.b/e@v0.0.0-20200102030405-0123456789ab "},
    {"no space before the bracket", "module a.b/m\nrequire(\na.b/c v1.0.0\n)\nrequire a.b/d v1.0.0",
     "a.b/m", "a.b/c@v1.0.0 a.b/d@v1.0.0 "},
    {"an empty block", "module a.b/m\nrequire ()\nrequire a.b/c v1.0.0\n", "a.b/m",
     "a.b/c@v1.0.0 "},
    {"a comment behind the bracket", "module a.b/m\nrequire ( // these\na.b/c v1.0.0\n) // those\n",
     "a.b/m", "a.b/c@v1.0.0 "},
    {"quotes", "module \"a.b/m\"\nrequire \"a.b/c\" `v1.0.0`\n", "a.b/m", "a.b/c@v1.0.0 "},
    {"CRLF", "module a.b/m\r\nrequire a.b/c v1.0.0\r\n", "a.b/m", "a.b/c@v1.0.0 "},
    {"replaced by a directory", "module a.b/m\nrequire a.b/c v1.0.0\nreplace a.b/c => ../c\n",
     "a.b/m", ""},
    {"replaced by another module",
     "module a.b/m\nrequire a.b/c v1.0.0\nreplace a.b/c => x.y/d v1.2.0\n", "a.b/m",
     "x.y/d@v1.2.0 "},
    {"one version replaced",
     "module a.b/m\nrequire a.b/c v1.0.0\nrequire a.b/d v1.0.0\nreplace (\n"
     "\ta.b/c v1.0.0 => x.y/c v1.0.1\n\ta.b/d v1.9.0 => x.y/d v1.9.1\n)\n",
     "a.b/m", "a.b/d@v1.0.0 x.y/c@v1.0.1 "},
    {"the version's replacement before the module's",
     "module a.b/m\nrequire a.b/c v1.0.0\nreplace a.b/c => ../c\nreplace a.b/c v1.0.0 => x.y/c "
     "v1.0.1\n",
     "a.b/m", "x.y/c@v1.0.1 "},
    {"what is no requirement",
     "module a.b/m\nexclude a.b/c v1.0.0\nretract [v1.0.0, v1.1.0]\ntool a.b/c/cmd\ngodebug x=y\n"
     "toolchain go1.21.0\nignore ./x\nretract (\n\tv1.0.0 // oops\n)\n",
     "a.b/m", ""},
    {"a version that is none", "module a.b/m\nrequire a.b/c latest\nrequire a.b/d v1\n", "a.b/m",
     ""},
    {"a path that is none", "module a.b/m\nrequire ../../etc v1.0.0\nrequire -x v1.0.0\n", "a.b/m",
     ""},
    {"torn in a block", "module a.b/m\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.", "a.b/m",
     "a.b/c@v1.0.0 "},
    {"NULs", std::string("module a.b/m\n") + std::string(100, '\0'), "a.b/m", ""},
};

}  // namespace

TEST_CASE("a go.mod names what it needs", "[recovery]") {
  for (const GoModRow& row : go_mods) {
    DYNAMIC_SECTION(row.name) {
      const recovery::GoMod mod = parse_go_mod(row.text);
      std::string needed;
      for (const auto& m : mod.needed) needed += m.str() + " ";
      CHECK(mod.module == row.module);
      CHECK(needed == row.needed);
    }
  }
}

TEST_CASE("a go.sum line counts only if it is whole", "[recovery]") {
  const std::string h1 = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const std::string other = "h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=";
  const std::string empty_go_mod = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
  GoSums sums;
  sums.add("a.b/c v1.0.0 " + h1 + "\na.b/c v1.0.0/go.mod " + other + "\n\n  a.b/d   v1.0.0\t" + h1 +
           "  \r\na.b/e v1.0.0/go.mod " + empty_go_mod + "\na.b/f v1.0.0 h2:" + h1.substr(3) +
           "\na.b/g v1.0.0 h1:short=\na.b/h " + h1 + "\na.b/i v1.0.0 " + h1 +
           " more\n../etc v1.0.0 " + h1 + "\na.b/j v1 " + h1 + "\n<<<<<<< HEAD\na.b/k v1.0.0 " +
           h1);
  std::string zips;
  for (const auto& [m, lines] : sums.zip) zips += m.str() + " ";
  CHECK(zips == "a.b/c@v1.0.0 a.b/d@v1.0.0 a.b/k@v1.0.0 ");
  REQUIRE(sums.go_mod.size() == 1);
  CHECK(sums.go_mod.begin()->first.str() == std::string("a.b/c@v1.0.0"));
  CHECK(sums.go_mod.begin()->second == std::set<std::string>{other});

  sums.add("a.b/c v1.0.0 " + other + "\n");
  CHECK(sums.zip.begin()->second == std::set<std::string>{h1, other});
}

TEST_CASE("a go.work names its modules", "[recovery]") {
  const TempDir dir;
  const std::string work = (dir.path() / "go.work").string();
  const std::string base = dir.path().string();
  const std::vector<std::pair<std::string, std::vector<std::string>>> rows = {
      {"go 1.21\nuse ./a\nuse \"./b c\" // mine\n", {base + "/./a", base + "/./b c"}},
      {"use (\n\t.\n\t../x\n\t/abs/y\n)\nreplace a.b/c => ./z\n",
       {base + "/.", base + "/../x", "/abs/y"}},
      {"use(\n\t./a\n)\n", {base + "/./a"}},
      {"", {}},
  };
  for (const auto& [text, modules] : rows) {
    CAPTURE(text);
    write_file(work, text);
    CHECK(recovery::work_modules(work) == modules);
  }
  CHECK(recovery::work_modules(base + "/none").empty());
}

TEST_CASE("a text that is no regular file is empty", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "a", "text");
  CHECK(recovery::read_text_file(dir.path() / "a") == "text");
  CHECK(recovery::read_text_file(dir.path() / "none").empty());
  CHECK(recovery::read_text_file(dir.path()).empty());
  CHECK(recovery::read_text_file("/dev/zero").empty());
}

}  // namespace tests

// Issue 15.21: what a Go file imports is read by Go's grammar, not line by line.
#include "recovery/go/go_imports.hpp"

#include "recovery/project/suspects.hpp"
#include "tests/catch.hpp"

namespace {

// "name=path name=path"
std::string imports(const std::string& source) {
  std::string text;
  for (const auto& import : recovery::read_go_imports(source))
    text += (text.empty() ? "" : " ") + import.name + "=" + import.path;
  return text;
}

}  // namespace

TEST_CASE("import declarations are read however they are laid out", "[recovery]") {
  struct Row {
    std::string source;
    std::string wanted;
  };
  const Row rows[] = {
      {"package p\nimport \"a\"\nimport b \"b.c/d\"\n", "=a b=b.c/d"},
      {"package p\nimport (\"testing\"; \"example.com/dep\")\n", "=testing =example.com/dep"},
      {"package p; import (\"a\"; x \"b\";); import . \"c\"; func f() {}", "=a x=b .=c"},
      {"package p\n\nimport (\n\t\"a\"\n\t_ \"b\" // c\n\n\t. `d`\n)\nimport \"e\"\n",
       "=a _=b .=d =e"},
      {"// import \"no\"\n/* package q\nimport \"no\" */\npackage p\nimport \"a\"", "=a"},
      {"//go:build x\n\npackage p\n\n/*\n#include <a.h>\nimport \"no\"\n*/\nimport \"C\"\n"
       "import \"b\"\n",
       "=C =b"},
      {"package p /* x */ ; import /* y */ ( /* z\n */ \"a\" /* ) */ )\n", "=a"},
      {"package p\nimport (\n\"a\")\nimport\n\t\"b\"\n", "=a =b"},
      {"package p\nimport ()\nimport \"a//b\"\n", "=a//b"},
      {"\xef\xbb\xbfpackage p\r\nimport (\r\n\t\"a\"\r\n)\r\n", "=a"},
      {"package p\nconst s = `\nimport \"no\"\n`\n", ""},
      {"package p\nfunc f() {}\nimport \"too late\"\n", ""},
      {"package p\nimport \"a\"\nvar x = \"import\"\nimport \"no\"", "=a"},
      {"package p\nimport \"unfinished\nimport \"no\"\n", ""},
      {"package p\nimport (\"a\"", "=a"},
      {"package p\nimport \xc3\xa4pfel \"a\"\n", "\xc3\xa4pfel=a"},
      {"", ""},
      {"import", ""},
      {"/*", ""},
  };
  for (const Row& row : rows) {
    INFO(row.source);
    CHECK(imports(row.source) == row.wanted);
  }
}

TEST_CASE("imports on one line hide no suspect", "[recovery]") {
  CHECK(recovery::imports_of("package p\nimport (\"testing\"; \"example.com/dep\")\n") ==
        std::vector<std::string>{"testing", "example.com/dep"});
}

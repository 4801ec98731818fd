// The truth in these tables was printed by golang.org/x/mod/module itself (CheckPath, EscapePath,
// CheckImportPath, CanonicalVersion and Check, EscapeVersion, MatchPrefixPatterns of Go 1.26).

#include "recovery/go/module_version.hpp"

#include <string_view>

#include "tests/catch.hpp"

namespace {

using namespace std::string_view_literals;
using recovery::ModuleVersion;

struct PathRow {
  std::string_view path;
  bool is_good;
  std::string_view escaped;
};

constexpr PathRow paths[] = {
    {"github.com/a/b"sv, true, "github.com/a/b"sv},
    {"github.com/BurntSushi/toml"sv, true, "github.com/!burnt!sushi/toml"sv},
    {"golang.org/x/mod"sv, true, "golang.org/x/mod"sv},
    {"a.b"sv, true, "a.b"sv},
    {"go.example.org/theta"sv, true, "go.example.org/theta"sv},
    {"example.com/a~b"sv, true, "example.com/a~b"sv},
    {"example.com/a_b-c.d"sv, true, "example.com/a_b-c.d"sv},
    {"example.com/a/v2"sv, true, "example.com/a/v2"sv},
    {"example.com/a/v10"sv, true, "example.com/a/v10"sv},
    {"gopkg.in/yaml.v2"sv, true, "gopkg.in/yaml.v2"sv},
    {"gopkg.in/yaml.v0"sv, true, "gopkg.in/yaml.v0"sv},
    {"gopkg.in/yaml.v1"sv, true, "gopkg.in/yaml.v1"sv},
    {"gopkg.in/a/yaml.v3"sv, true, "gopkg.in/a/yaml.v3"sv},
    {"gopkg.in/yaml.v2-unstable"sv, true, "gopkg.in/yaml.v2-unstable"sv},
    {"k8s.io/api"sv, true, "k8s.io/api"sv},
    {"example.com/v"sv, true, "example.com/v"sv},
    {"example.com/v2x"sv, true, "example.com/v2x"sv},
    {"example.com/a/v2/b"sv, true, "example.com/a/v2/b"sv},
    {"rsc.io/quote/v3"sv, true, "rsc.io/quote/v3"sv},
    {"9fans.net/go"sv, true, "9fans.net/go"sv},
    {"1.2.3.4/x"sv, true, "1.2.3.4/x"sv},
    {"example.com/x.v2"sv, true, "example.com/x.v2"sv},
    {"example.com/@"sv, false, ""sv},
    {"a.b/c~12d"sv, true, "a.b/c~12d"sv},
    {"example.com/a.~1x"sv, true, "example.com/a.~1x"sv},
    {"example.com/communication"sv, true, "example.com/communication"sv},
    {"example.com/com0"sv, true, "example.com/com0"sv},
    {"example.com/com10"sv, true, "example.com/com10"sv},
    {"example.com/a...b"sv, true, "example.com/a...b"sv},
    {"example.com/-a"sv, true, "example.com/-a"sv},
    {""sv, false, ""sv},
    {"a"sv, false, ""sv},
    {"github"sv, false, ""sv},
    {"github.com/"sv, false, ""sv},
    {"/github.com/a"sv, false, ""sv},
    {"github.com//a"sv, false, ""sv},
    {"github.com/a/"sv, false, ""sv},
    {"./a"sv, false, ""sv},
    {"../a"sv, false, ""sv},
    {"github.com/a/.."sv, false, ""sv},
    {"github.com/../a"sv, false, ""sv},
    {"github.com/.a"sv, false, ""sv},
    {"github.com/a."sv, false, ""sv},
    {"github.com/a/."sv, false, ""sv},
    {"-github.com/a"sv, false, ""sv},
    {".github.com/a"sv, false, ""sv},
    {"GitHub.com/a"sv, false, ""sv},
    {"git_hub.com/a"sv, false, ""sv},
    {"git~hub.com/a"sv, false, ""sv},
    {"github.com/a b"sv, false, ""sv},
    {"github.com/a+b"sv, false, ""sv},
    {"github.com/a!b"sv, false, ""sv},
    {"github.com/!a"sv, false, ""sv},
    {"github.com/a@b"sv, false, ""sv},
    {"github.com/a:b"sv, false, ""sv},
    {"github.com/a\\b"sv, false, ""sv},
    {"github.com/a\012b"sv, false, ""sv},
    {"github.com/a\000b"sv, false, ""sv},
    {"github.com/\303\244"sv, false, ""sv},
    {"github.com/a\177"sv, false, ""sv},
    {"g\303\257thub.com/a"sv, false, ""sv},
    {"github.com/a*"sv, false, ""sv},
    {"github.com/a%20b"sv, false, ""sv},
    {"C:/a.b"sv, false, ""sv},
    {"github.com/con"sv, false, ""sv},
    {"github.com/CON"sv, false, ""sv},
    {"github.com/Nul.txt"sv, false, ""sv},
    {"github.com/com1"sv, false, ""sv},
    {"github.com/lpt9.x"sv, false, ""sv},
    {"con.com/a"sv, false, ""sv},
    {"github.com/aux/b"sv, false, ""sv},
    {"github.com/a~1"sv, false, ""sv},
    {"github.com/a~123"sv, false, ""sv},
    {"github.com/a~1.txt"sv, false, ""sv},
    {"github.com/~1"sv, false, ""sv},
    {"github.com/a~"sv, true, "github.com/a~"sv},
    {"github.com/a~b1"sv, true, "github.com/a~b1"sv},
    {"example.com/a/v0"sv, false, ""sv},
    {"example.com/a/v1"sv, false, ""sv},
    {"example.com/a/v01"sv, false, ""sv},
    {"example.com/a/v02"sv, false, ""sv},
    {"example.com/v1"sv, false, ""sv},
    {"v2.com/a"sv, true, "v2.com/a"sv},
    {"gopkg.in/yaml"sv, false, ""sv},
    {"gopkg.in/yaml.v"sv, false, ""sv},
    {"gopkg.in/yaml.v01"sv, false, ""sv},
    {"gopkg.in/yaml.v2-stable"sv, false, ""sv},
    {"gopkg.in/v2"sv, false, ""sv},
    {"gopkg.in/.v2"sv, false, ""sv},
    {"gopkg.in/yaml.v2/sub"sv, false, ""sv},
    {"gopkg.in/yaml/v2"sv, false, ""sv},
    {"gopkg.in/yaml.v2-unstable-unstable"sv, false, ""sv},
    {"a.b/v2"sv, true, "a.b/v2"sv},
    {"v2"sv, false, ""sv},
    {"github.com/a/v2."sv, false, ""sv},
    {"example.com/v2-unstable"sv, true, "example.com/v2-unstable"sv},
    {"example.com/a/v9999999999999999999999"sv, true, "example.com/a/v9999999999999999999999"sv},
};

struct ImportRow {
  std::string_view path;
  bool is_good;
};

constexpr ImportRow imports[] = {
    {"fmt"sv, true},
    {"net/http"sv, true},
    {"github.com/a/b"sv, true},
    {"C"sv, true},
    {"a+b"sv, true},
    {"a/.b"sv, true},
    {"a/b."sv, false},
    {"a/.."sv, false},
    {"."sv, false},
    {""sv, false},
    {"/a"sv, false},
    {"a//b"sv, false},
    {"a/"sv, false},
    {"-a"sv, false},
    {"a b"sv, false},
    {"a@b"sv, false},
    {"A/B"sv, true},
    {"con"sv, false},
    {"a/~1"sv, false},
    {"example.com/x/v1"sv, true},
    {"a\\b"sv, false},
    {"a!b"sv, false},
    {"..."sv, false},
    {"a/.../b"sv, false},
    {"unsafe"sv, true},
    {".a"sv, true},
    {"\303\244"sv, false},
};

struct VersionRow {
  std::string_view path, version;
  bool is_good;
  std::string_view escaped;
};

constexpr VersionRow versions[] = {
    {"x.y/a"sv, "v0.0.0"sv, true, "v0.0.0"sv},
    {"x.y/a"sv, "v1.2.3"sv, true, "v1.2.3"sv},
    {"x.y/a"sv, "v1.2.3-pre"sv, true, "v1.2.3-pre"sv},
    {"x.y/a"sv, "v1.2.3-pre.1"sv, true, "v1.2.3-pre.1"sv},
    {"x.y/a"sv, "v0.0.0-20200102030405-0123456789ab"sv, true,
     "v0.0.0-20200102030405-0123456789ab"sv},
    {"x.y/a"sv, "v1.2.4-0.20200102030405-0123456789ab"sv, true,
     "v1.2.4-0.20200102030405-0123456789ab"sv},
    {"x.y/a"sv, "v3.0.0+incompatible"sv, true, "v3.0.0+incompatible"sv},
    {"x.y/a"sv, "v2.0.0-rc.1+incompatible"sv, true, "v2.0.0-rc.1+incompatible"sv},
    {"x.y/a"sv, "v1.0.0+incompatible"sv, true, "v1.0.0+incompatible"sv},
    {"x.y/a"sv, "v1.2.3-RC1"sv, true, "v1.2.3-!r!c1"sv},
    {"x.y/a"sv, "v1.2.3--"sv, true, "v1.2.3--"sv},
    {"x.y/a"sv, "v1.2.3-a-b.c-d"sv, true, "v1.2.3-a-b.c-d"sv},
    {"x.y/a"sv, "v1.2.3-0"sv, true, "v1.2.3-0"sv},
    {"x.y/a"sv, "v1.2.3-0a"sv, true, "v1.2.3-0a"sv},
    {"x.y/a"sv, "v1.2.3-01a"sv, true, "v1.2.3-01a"sv},
    {"x.y/a/v2"sv, "v2.0.0"sv, true, "v2.0.0"sv},
    {"x.y/a/v2"sv, "v2.0.0-pre"sv, true, "v2.0.0-pre"sv},
    {"gopkg.in/a.v1"sv, "v1.0.0"sv, true, "v1.0.0"sv},
    {"gopkg.in/a.v1"sv, "v0.0.0-20200102030405-0123456789ab"sv, true,
     "v0.0.0-20200102030405-0123456789ab"sv},
    {"gopkg.in/a.v2"sv, "v2.1.0"sv, true, "v2.1.0"sv},
    {"gopkg.in/a.v2-unstable"sv, "v2.1.0"sv, true, "v2.1.0"sv},
    {"gopkg.in/a.v0"sv, "v0.1.0"sv, true, "v0.1.0"sv},
    {"x.y/a/v10"sv, "v10.0.0"sv, true, "v10.0.0"sv},
    {"x.y/a"sv, "v1.234567.890123"sv, true, "v1.234567.890123"sv},
    {"x.y/a"sv, ""sv, false, ""sv},
    {"x.y/a"sv, "v"sv, false, ""sv},
    {"x.y/a"sv, "v1"sv, false, ""sv},
    {"x.y/a"sv, "v1.2"sv, false, ""sv},
    {"x.y/a"sv, "1.2.3"sv, false, ""sv},
    {"x.y/a"sv, "V1.2.3"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3."sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3.4"sv, false, ""sv},
    {"x.y/a"sv, "v01.2.3"sv, false, ""sv},
    {"x.y/a"sv, "v1.02.3"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.03"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-a..b"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-01"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-a.01"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-a_b"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3+build"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3+incompatible+incompatible"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3+incompatiblex"sv, false, ""sv},
    {"x.y/a"sv, "+incompatible"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-a/b"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-../../x"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3\012"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3 "sv, false, ""sv},
    {"x.y/a"sv, "v-1.2.3"sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-\000"sv, false, ""sv},
    {"x.y/a"sv, "latest"sv, false, ""sv},
    {"x.y/a"sv, "master"sv, false, ""sv},
    {"x.y/a"sv, ".."sv, false, ""sv},
    {"x.y/a"sv, "v1.2.3-a+incompatible"sv, true, "v1.2.3-a+incompatible"sv},
    {"x.y/a"sv, "v2.0.0"sv, false, ""sv},
    {"x.y/a/v2"sv, "v1.0.0"sv, false, ""sv},
    {"x.y/a/v2"sv, "v3.0.0"sv, false, ""sv},
    {"x.y/a/v2"sv, "v2.0.0+incompatible"sv, true, "v2.0.0+incompatible"sv},
    {"x.y/a/v2"sv, "v3.0.0+incompatible"sv, false, ""sv},
    {"gopkg.in/a.v1"sv, "v0.1.0"sv, false, ""sv},
    {"gopkg.in/a.v2"sv, "v0.0.0-20200102030405-0123456789ab"sv, false, ""sv},
    {"gopkg.in/a.v2"sv, "v3.0.0"sv, false, ""sv},
    {"gopkg.in/a.v3"sv, "v3.0.0+incompatible"sv, true, "v3.0.0+incompatible"sv},
    {"x.y/a/v2"sv, "v20.0.0"sv, false, ""sv},
    {"gopkg.in/a.v1"sv, "v0.0.0-pre"sv, true, "v0.0.0-pre"sv},
};

struct GlobRow {
  std::string_view globs, path;
  bool matches;
};

constexpr GlobRow globs[] = {
    {""sv, "x.y/a"sv, false},
    {"none"sv, "x.y/a"sv, false},
    {"x.y"sv, "x.y"sv, true},
    {"x.y"sv, "x.y/a/b"sv, true},
    {"x.y/"sv, "x.y/a"sv, true},
    {"x.y/a"sv, "x.y/a/b"sv, true},
    {"x.y/a"sv, "x.y"sv, false},
    {"x.y/a"sv, "x.y/ab"sv, false},
    {"*.corp.com"sv, "git.corp.com/a"sv, true},
    {"*.corp.com"sv, "corp.com/a"sv, false},
    {"*.corp.com"sv, "a.b.corp.com/c"sv, true},
    {"*"sv, "x.y/a"sv, true},
    {"*/*"sv, "x.y"sv, false},
    {"*/*"sv, "x.y/a/b"sv, true},
    {"a.b,x.y"sv, "x.y/a"sv, true},
    {",,x.y,"sv, "x.y/a"sv, true},
    {","sv, "x.y/a"sv, false},
    {" x.y"sv, "x.y/a"sv, false},
    {"x.?"sv, "x.y/a"sv, true},
    {"x.[a-y]"sv, "x.y/a"sv, true},
    {"x.[^a-y]"sv, "x.y/a"sv, false},
    {"x.[z-a]"sv, "x.y"sv, false},
    {"x.["sv, "x.["sv, false},
    {"x.[y"sv, "x.y"sv, false},
    {"x\\.y"sv, "x.y/a"sv, true},
    {"x.y\\"sv, "x.y"sv, false},
    {"x.y/*/c"sv, "x.y/b/c/d"sv, true},
    {"x.y/*/c"sv, "x.y/b/d/c"sv, false},
    {"x*"sv, "x/y"sv, true},
    {"x*y"sv, "x/y"sv, false},
    {"X.y"sv, "x.y"sv, false},
    {"x.y/.*"sv, "x.y/.a"sv, true},
    {"x.y/*"sv, "x.y/.a"sv, true},
    {"x.y//"sv, "x.y/a"sv, false},
    {"/"sv, "x.y"sv, false},
    {"/x.y"sv, "x.y"sv, false},
    {"x.[!y]"sv, "x.y"sv, true},
    {"x.[!y]"sv, "x.z"sv, false},
    {"[[:alpha:]].y"sv, "x.y"sv, false},
    {"*.y/**"sv, "x.y/a"sv, true},
    {"none,x.y"sv, "x.y"sv, true},
    {"github.com/acme/*"sv, "github.com/acme/a/v2"sv, true},
    {"x.[]y]"sv, "x.y"sv, false},
    {"x.[a-]"sv, "x.-"sv, false},
    {"x.[-y]"sv, "x.y"sv, false},
    {"x.[\\y]"sv, "x.y"sv, true},
    {"a[b/c]d"sv, "a[b/c]d"sv, false},
    {"x.y/a*b*c"sv, "x.y/aXbYc"sv, true},
    {"***"sv, "x.y"sv, true},
    {"*y*"sv, "x.y"sv, true},
    {"x.y*"sv, "x.y"sv, true},
    {"?.y"sv, ".y"sv, false},
};

// A version that fits the path's major version suffix, if it has one.
std::string fitting_version(std::string_view path) {
  for (const char* version : {"v1.0.0", "v0.1.0", "v2.0.0", "v3.0.0", "v10.0.0"}) {
    if (ModuleVersion::parse(path, version)) return version;
  }
  return {};
}

}  // namespace

TEST_CASE("a module path is good or bad as Go says", "[recovery]") {
  for (const PathRow& row : paths) {
    CAPTURE(row.path);
    CHECK(recovery::is_module_path(row.path) == row.is_good);
  }
}

TEST_CASE("an import path is good or bad as Go says", "[recovery]") {
  for (const ImportRow& row : imports) {
    CAPTURE(row.path);
    CHECK(recovery::is_import_path(row.path) == row.is_good);
  }
}

TEST_CASE("a version is good for a module path as Go says", "[recovery]") {
  for (const VersionRow& row : versions) {
    CAPTURE(row.path, row.version);
    const auto m = ModuleVersion::parse(row.path, row.version);
    REQUIRE(m.has_value() == row.is_good);
    if (m) CHECK(m->escaped_version() == row.escaped);
  }
}

TEST_CASE("a module path is escaped as Go does it, and comes back", "[recovery]") {
  for (const PathRow& row : paths) {
    const std::string version = fitting_version(row.path);
    if (version.empty()) continue;
    CAPTURE(row.path, version);
    const auto m = ModuleVersion::parse(row.path, version);
    REQUIRE(m);
    CHECK(m->escaped_path() == row.escaped);
    CHECK(ModuleVersion::unescape(m->escaped_path(), m->escaped_version()) == m);
  }
  for (const VersionRow& row : versions) {
    const auto m = ModuleVersion::parse(row.path, row.version);
    if (m) CHECK(ModuleVersion::unescape(m->escaped_path(), m->escaped_version()) == m);
  }
}

TEST_CASE("a name in the cache that Go would not have written is no module", "[recovery]") {
  const PathRow names[] = {
      {"github.com/BurntSushi/toml", false, {}},
      {"github.com/!burnt!sushi/toml", true, {}},
      {"github.com/!Burnt/toml", false, {}},
      {"github.com/!!burnt/toml", false, {}},
      {"github.com/a!", false, {}},
      {"github.com/!1a", false, {}},
      {"github.com/!/a", false, {}},
      {"github.com/a/../b", false, {}},
      {"!github.com/a", false, {}},
      {"", false, {}},
  };
  for (const PathRow& row : names) {
    CAPTURE(row.path);
    CHECK(ModuleVersion::unescape(row.path, "v1.0.0").has_value() == row.is_good);
  }
  CHECK(ModuleVersion::unescape("x.y/a", "v1.0.0-!r!c1"));
  CHECK_FALSE(ModuleVersion::unescape("x.y/a", "v1.0.0-RC1"));
}

TEST_CASE("module@version is split at the first @", "[recovery]") {
  const auto m = ModuleVersion::parse("github.com/a/b@v1.2.3");
  REQUIRE(m);
  CHECK(m->path() == "github.com/a/b");
  CHECK(m->version() == "v1.2.3");
  CHECK(m->str() == std::string("github.com/a/b@v1.2.3"));  // g++ 12 reads past a literal
  for (const char* bad : {"", "@", "github.com/a/b", "github.com/a/b@", "@v1.2.3",
                          "github.com/a/b@v1.2.3@v1.2.3", "github.com/a/b@latest"}) {
    CAPTURE(bad);
    CHECK_FALSE(ModuleVersion::parse(bad));
  }
}

TEST_CASE("an endless path or version is refused", "[recovery]") {
  CHECK_FALSE(ModuleVersion::parse("x.y/" + std::string(1 << 20, 'a'), "v1.0.0"));
  CHECK_FALSE(ModuleVersion::parse("x.y/a", "v1.0.0-" + std::string(1 << 20, 'a')));
}

TEST_CASE("GOPRIVATE's globs match as in Go", "[recovery]") {
  for (const GlobRow& row : globs) {
    CAPTURE(row.globs, row.path);
    CHECK(recovery::match_prefix_patterns(row.globs, row.path) == row.matches);
  }
}

// Names that nobody gives in good faith (issue 15.13): in a module cache that prune, evict and
// restore work in, and in a directory where a shell completes file names.

#include <unistd.h>

#include <algorithm>

#include "recovery/evidence/catalogue.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string lonely = "github.com/acme/lonely@v1.0.0";

const std::vector<std::string> hostile = {"$(touch pwned)",
                                          "`touch pwned`",
                                          "'; touch pwned; '",
                                          "\"; touch pwned; \"",
                                          "a b",
                                          "-rf",
                                          "*",
                                          "~",
                                          "\x1b[31mred",
                                          "\xff\xfe",
                                          "back\\slash",
                                          "two\nlines"};

// No control character but the ends of lines: what is read on a terminal.
bool is_plain_text(const std::string& text) {
  return std::ranges::none_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  });
}

// Beside what the project needs: names of no module, links that lead out, a .info of nonsense.
void fill(const Bed& bed, const fs::path& outside) {
  write_file(outside / "tree/sentinel", "mine");
  write_file(outside / "file", "mine");
  const fs::path& cache = bed.gomodcache;
  for (const std::string& name : hostile) {
    write_file(cache / (name + "@v1.0.0") / "x.go", "package x\n");
    write_file(cache / "example.com" / name / "y@v1.0.0" / "y.go", "package y\n");
    write_file(cache / "cache/download/example.com" / name / "@v/v1.0.0.zip", "zip");
    write_file(cache / "cache/download/github.com/acme/lonely/@v" / (name + ".zip"), "zip");
    write_file(cache / "cache/download/sumdb/sum.example/lookup" / (name + "@v1.0.0"), "x");
    write_file(cache / "cache/vcs" / name, "x");
  }
  fs::create_directory_symlink(outside / "tree", cache / "github.com/acme/lonely@v1.9.9");
  fs::create_directory_symlink(outside, cache / "example.com/out");
  fs::create_directory_symlink(outside, cache / "cache/download/example.com/out");
  fs::create_directory_symlink(outside / "tree", cache / "cache/vcs" / std::string(64, 'a'));
  const fs::path versions = cache / "cache/download/github.com/acme/lonely/@v";
  fs::create_symlink(outside / "file", versions / "v1.9.9.zip");
  fs::create_symlink(outside / "file", versions / "v1.9.9.mod");
  for (const char* info : {R"({"Version":"v1.1.0","Origin":{"URL":3,"VCS":{}}})", "[]", "{"})
    write_file(bed.download("github.com/acme/alpha@v1.1.0", ".info"), info);
}

bool is_untouched(const fs::path& outside) {
  return read_file(outside / "tree/sentinel") == "mine" && read_file(outside / "file") == "mine";
}

}  // namespace

TEST_CASE("hostile names: prune takes what is a module's, and nothing that a link leads to",
          "[e2e]") {
  Bed bed(gos().back());
  const TempDir outside;
  fill(bed, outside.path());
  REQUIRE(bed.go({"build", "./..."}).code() == 0);
  for (const Args& args : {Args{"prune", "--dry-run", "."}, Args{"prune", "--json", "."}}) {
    const Ran ran = bed.companion(args);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(is_plain_text(ran.out + ran.err));
    CHECK(is_untouched(outside.path()));
    if (args[1] == "--json") CHECK(Json::parse(ran.out).is_object());
  }
  CHECK(!fs::exists(bed.zip(lonely)));
  CHECK(!fs::exists(fs::symlink_status(bed.gomodcache / "github.com/acme/lonely@v1.9.9")));
  CHECK(!fs::exists(bed.app / "pwned"));
  CHECK(bed.go({"build", "./..."}).code() == 0);
}

TEST_CASE("hostile names: evict and restore stay within the cache", "[e2e]") {
  Bed bed(gos().back());
  const TempDir outside;
  fill(bed, outside.path());
  for (const std::string& name : hostile) {
    for (const std::string& word : {name, name + "@v1.0.0", "example.com/" + name + "/y@v1.0.0",
                                    "github.com/acme/lonely@" + name}) {
      const Ran ran = bed.companion({"evict", "--", word});
      INFO(word << ": " << ran.text());
      const bool is_valid = recovery::ModuleVersion::parse(word).has_value();  // "-rf" may be
      CHECK((ran.code() == 0) == is_valid);
      CHECK(is_plain_text(ran.out + ran.err));
    }
  }
  for (const char* word : {"../../x@v1.0.0", "/etc@v1.0.0", "github.com/acme/../x@v1.0.0",
                           "@v1.0.0", "github.com/acme/lonely@../../x", "", "@"})
    CHECK(bed.companion({"evict", "--", word}).code() != 0);
  const Ran ran = bed.companion({"evict", "github.com/acme/lonely@v1.9.9", lonely});
  INFO(ran.text());
  CHECK(is_untouched(outside.path()));
  CHECK(!fs::exists(bed.zip(lonely)));
  const Ran back = bed.companion({"restore"});
  INFO(back.text());
  CHECK(back.code() == 0);
  CHECK(fs::exists(bed.zip(lonely)));
  CHECK(is_untouched(outside.path()));
  for (const char* id : {"../../download", "/", "..", "", "x\n", "-rf"})
    CHECK(bed.companion({"restore", "--", id}).code() != 0);
}

TEST_CASE("hostile names: what is to be typed next is quoted", "[e2e]") {
  Bed bed(gos().back());
  for (const std::string name : {"$(touch pwned)", "a 'b'; touch pwned"}) {
    const fs::path dir = bed.tmp / name;
    write_file(dir / "go.mod", "module example.com/m\n\ngo 1.19\n");
    fs::create_directories(dir / "go.sum");
    const Ran ran = bed.companion({"doctor", "--json"}, {.cwd = dir});
    INFO(ran.text());
    bool is_seen = false;
    for (const Json& remark : json_of(ran)["remarks"].elements()) {
      const std::string next = remark["next"].text();
      if (!next.starts_with("ls ")) continue;
      is_seen = true;
      CHECK(run({"/bin/sh", "-c", next}, {.env = bed.env, .cwd = bed.tmp}).code() == 0);
    }
    CHECK(is_seen);
    CHECK(!fs::exists(bed.tmp / "pwned"));
    CHECK(!fs::exists(dir / "pwned"));
  }
}

TEST_CASE("hostile names: whatever stands in an .info, the clones of a version can be told",
          "[recovery]") {
  const TempDir dir;
  const auto m = recovery::ModuleVersion::parse("example.com/a@v1.0.0");
  REQUIRE(m);
  for (const char* info : {R"({"Origin":{"URL":3}})", R"({"Origin":{"URL":"https://a","VCS":[]}})",
                           R"({"Origin":"x"})", "3", "", "\xff"}) {
    write_file(dir.path() / "cache/download/example.com/a/@v/v1.0.0.info", info);
    CHECK_NOTHROW(recovery::clones_of(recovery::Root(dir.path().string()), {*m}));
  }
}

TEST_CASE("hostile names: bash completes them as they are, and runs none") {
  const TempDir dir;
  for (const std::string& name : hostile) write_file(dir.path() / name, "");
  const Ran made = run({gomend_binary, "generate", "bash"}, {.env = {{"PATH", "/usr/bin:/bin"}}});
  write_file(dir.path() / "gomend.bash", made.out);
  const std::string script =
      ". ./gomend.bash; COMP_WORDS=(gomend explain \"$1\"); COMP_CWORD=2; _gomend 2>/dev/null; "
      "for name in \"${COMPREPLY[@]}\"; do printf '%s\\0' \"$name\"; done";
  const auto complete = [&](const std::string& word) {
    return run({"/bin/bash", "--norc", "-c", script, "bash", word},
               {.env = {{"PATH", "/usr/bin:/bin"}}, .cwd = dir.path()})
        .out;
  };
  const std::string all = '\0' + complete("");
  for (const std::string& name : hostile) {
    INFO(name);
    if (name != "two\nlines") CHECK(all.find('\0' + name + '\0') != std::string::npos);
  }
  for (const std::string& word : hostile) (void)complete(word);
  (void)complete("$(touch pwned)/x");
  CHECK(complete("nosuch") == "");
  CHECK(!fs::exists(dir.path() / "pwned"));
}

TEST_CASE("hostile names: zsh and fish complete them, and run none") {
  const TempDir dir;
  for (const std::string& name : hostile) write_file(dir.path() / name, "");
  for (const std::string shell : {"zsh", "fish"}) {
    if (!fs::exists("/usr/bin/" + shell)) continue;
    const Ran made = run({gomend_binary, "generate", shell}, {.env = {{"PATH", "/usr/bin:/bin"}}});
    write_file(dir.path() / "completions", made.out);
    const std::string script = shell == "zsh"
                                   ? "autoload -Uz compinit; compinit -D -u; . ./completions"
                                   : "source ./completions; complete -C 'gomend explain '";
    const Ran ran =
        run({"/usr/bin/" + shell, shell == "zsh" ? "-f" : "--no-config", "-c", script},
            {.env = {{"PATH", "/usr/bin:/bin"}, {"HOME", dir.path().string()}}, .cwd = dir.path()});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    if (shell == "fish") CHECK(ran.out.find("a b") != std::string::npos);
    CHECK(!fs::exists(dir.path() / "pwned"));
  }
}

}  // namespace tests

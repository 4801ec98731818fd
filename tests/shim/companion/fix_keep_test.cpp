// Advice takes nothing of the user's away, and `gomend fix` keeps a copy of each file that its
// command may change (issue 15.9).

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <sstream>

#include "recovery/advice/advice.hpp"
#include "recovery/advice/advised_command.hpp"
#include "recovery/go/project_files.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string conflict =
    "<<<<<<< HEAD\nrequire github.com/acme/alpha v1.1.0\n=======\n"
    "require github.com/acme/checkit v1.0.0\n>>>>>>> other\n";

struct Fixing {
  explicit Fixing(const Go& go) : bed(go) { bed.env["GOENV"] = (bed.tmp / "goenv").string(); }

  void note(const Args& command) const {
    write_file(bed.home / ".local/state/gomend/advice.json", Json{{"time", "2026-01-01T00:00:00Z"},
                                                                  {"class", "gomod/other"},
                                                                  {"dir", bed.app.string()},
                                                                  {"command", command},
                                                                  {"words", "x; run: y"}}
                                                                 .dump());
    fs::permissions(bed.home / ".local/state/gomend", fs::perms{0700});
    fs::permissions(bed.home / ".local/state/gomend/advice.json", fs::perms{0600});
  }
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const char* name : {"go.mod", "go.sum", "go.work", "go.work.sum", "alt.mod", "alt.sum",
                             "tool/go.mod", "tool/go.sum"}) {
      if (fs::exists(bed.app / name)) all[name] = read_file(bed.app / name);
    }
    if (fs::exists(bed.tmp / "goenv")) all["goenv"] = read_file(bed.tmp / "goenv");
    return all;
  }

  Bed bed;
};

std::vector<std::string> undo_in(const std::string& text) {
  std::vector<std::string> commands;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find("; undo: "); at != line.npos)
      commands.push_back(line.substr(at + 8));
  }
  return commands;
}

// The string literals of a source file, neighbours joined as the compiler does.
std::string literals_of(const fs::path& file) {
  static const std::regex literal(R"re("((?:[^"\\\n]|\\.)*)")re"), joint(R"re("\s*\n\s*")re");
  std::string text =
      std::regex_replace(read_file(file), std::regex(R"re((^|\n)\s*//[^\n]*)re"), "");
  text = std::regex_replace(text, joint, "");
  std::string all;
  for (std::sregex_iterator it(text.begin(), text.end(), literal), end; it != end; ++it)
    all += (*it)[1].str() + "\n";
  return all;
}

}  // namespace

TEST_CASE("no word of advice takes work away, weakens a check or is root's alone", "[recovery]") {
  const std::regex bad(
      R"((^|[ ;:'])(git (checkout|restore|reset|clean|stash|rm)|rm -|rm /|sed -i|sudo chown|)"
      R"(go clean -(modcache|fuzzcache)|go env -w GO(NOSUMDB|INSECURE|SUMDB|FLAGS)|)"
      R"(GO(SUMDB=off|NOSUMDB=|INSECURE=|FLAGS=-mod=mod) go|(next|run|see): (rm|git checkout)))");
  const fs::path house = fs::path(tests_dir).parent_path();
  int seen = 0;
  for (const char* room : {"recovery", "shim"}) {
    for (const auto& entry : fs::recursive_directory_iterator(house / room)) {
      if (entry.path().extension() != ".cpp" || entry.path().filename() == "isolate.cpp") continue;
      ++seen;
      std::istringstream lines(literals_of(entry.path()));
      for (std::string line; std::getline(lines, line);) {
        INFO(entry.path().filename() << ": " << line);
        CHECK(!std::regex_search(line, bad));
      }
    }
  }
  CHECK(seen > 100);
}

TEST_CASE("a command is root's only where there is a way to be root", "[recovery]") {
  const TempDir home;
  const std::string was_home = getenv("HOME") == nullptr ? "" : getenv("HOME");
  const std::string was_path = getenv("PATH");
  setenv("HOME", home.path().c_str(), 1);
  setenv("PATH", home.path().c_str(), 1);  // no sudo there
  write_file(home.path() / "cache/x", "");
  if (geteuid() != 0) CHECK(recovery::by_root("x") == "");
  if (geteuid() == 0) CHECK(recovery::by_root("x") == "x");
  write_file(home.path() / "sudo", "#!/bin/sh\n");
  fs::permissions(home.path() / "sudo", fs::perms{0755});
  if (geteuid() != 0) CHECK(recovery::by_root("x") == "sudo x");
  CHECK(recovery::take_back((home.path() / "cache").string()).ends_with("/cache"));
  // Not the home itself, nor what lies elsewhere, nor what a link leads to.
  fs::create_symlink("/usr", home.path() / "link");
  for (const std::string& place :
       {home.path().string(), std::string("/usr"), (home.path() / "../..").string(),
        (home.path() / "link").string(), (home.path() / "nosuch").string()})
    CHECK(recovery::take_back(place) == "");
  setenv("HOME", was_home.c_str(), 1);
  setenv("PATH", was_path.c_str(), 1);
}

TEST_CASE("marks of a merge: the line of the first, whatever its line ends are", "[recovery]") {
  const TempDir dir;
  const auto line_of = [&](const std::string& text) {
    write_file(dir.path() / "go.mod", text);
    return recovery::line_of_conflict((dir.path() / "go.mod").string());
  };
  CHECK(line_of("module m\n\n" + conflict) == 3);
  CHECK(line_of("<<<<<<< a\r\nx\r\n||||||| base\r\n=======\r\n>>>>>>> b\r\n") == 1);
  CHECK(line_of("module m\n=======\n>>>>>>> b\n") == 0);
  CHECK(line_of("") == 0);
}

TEST_CASE("fix: a merge conflict is for a person: nothing is run, nothing is lost", "[e2e]") {
  for (const std::string file : {"go.mod", "go.work"}) {
    Fixing fixing(gos().back());
    const Bed& bed = fixing.bed;
    if (file == "go.work") write_file(bed.app / file, "go 1.19\n\nuse .\n");
    write_file(bed.app / file, read_file(bed.app / file) + conflict);
    write_file(bed.app / ".git/MERGE_HEAD", "0000000000000000000000000000000000000000\n");
    const auto before = fixing.files();
    const Ran ran = bed.gomend({"build", "./..."});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(ran.err.find("unresolved merge conflict at " + file + ":") != std::string::npos);
    CHECK(ran.err.find("; resolve it, then: go mod tidy\n") != std::string::npos);
    CHECK(ran.err.find("git checkout") == std::string::npos);
    const Ran fix = bed.companion({"fix", "--yes"});
    INFO(fix.text());
    CHECK(fix.code() == 1);
    CHECK(fixing.files() == before);
    const Ran doctor = bed.companion({"doctor"});
    CHECK(doctor.out.find("unresolved merge conflict at ") != std::string::npos);
    CHECK(doctor.out.find("git checkout") == std::string::npos);
  }
}

TEST_CASE("fix: what a command may change is kept, and `undo:` brings it back", "[e2e]") {
  struct Row {
    std::string name;
    Args command;
    std::function<void(const Bed&)> make;
  };
  const Row rows[] = {
      {"go.mod and go.sum",
       {"go", "mod", "tidy"},
       [](const Bed& b) {
         write_file(b.app / "go.sum",
                    read_file(b.app / "go.sum") + "github.com/a/b v1.0.0 h1:x=\n");
         write_file(b.app / "go.mod",
                    read_file(b.app / "go.mod") + "\nrequire github.com/acme/lonely v1.0.0\n");
       }},
      {"go.mod alone",
       {"go", "mod", "edit", "-require=github.com/acme/lonely@v1.0.0"},
       [](const Bed&) {}},
      {"in a workspace",
       {"go", "-C", "tool", "get", "github.com/acme/lonely@v1.0.0"},
       [](const Bed& b) {
         write_file(b.app / "go.work", "go 1.19\n\nuse .\nuse ./tool\n");
         write_file(b.app / "tool/go.mod", "module example.com/tool\n\ngo 1.19\n");
         write_file(b.app / "tool/tool.go", "package tool\n");
       }},
      {"go's env file",
       {"go", "env", "-u", "GOTOOLCHAIN"},
       [](const Bed& b) { write_file(b.tmp / "goenv", "GOTOOLCHAIN=local\nGOBIN=/x y/bin\n"); }},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Fixing fixing(gos().back());
      const Bed& bed = fixing.bed;
      row.make(bed);
      fixing.note(row.command);
      const auto before = fixing.files();
      const Ran ran = bed.companion({"fix", "--yes"});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(fixing.files() != before);
      const auto commands = undo_in(ran.err);
      CHECK(!commands.empty());
      for (const std::string& command : commands)
        CHECK(run({"/bin/sh", "-c", command}, {.env = bed.env, .cwd = "/"}).code() == 0);
      auto after = fixing.files();
      std::erase_if(after, [&](const auto& file) { return !before.contains(file.first); });
      CHECK(after == before);
    }
  }
}

TEST_CASE("fix: where no copy can be kept, nothing is run", "[e2e]") {
  Fixing fixing(gos().back());
  const Bed& bed = fixing.bed;
  fixing.note({"go", "mod", "edit", "-require=github.com/acme/lonely@v1.0.0"});
  write_file(bed.home / ".local/state/gomend/fix", "a file");
  const auto before = fixing.files();
  const Ran ran = bed.companion({"fix", "--yes"});
  INFO(ran.text());
  CHECK(ran.code() == 2);
  CHECK(fixing.files() == before);
  CHECK(fs::exists(bed.home / ".local/state/gomend/advice.json"));
  fs::remove(bed.home / ".local/state/gomend/fix");
  const Ran json = bed.companion({"fix", "--yes", "--json"});
  INFO(json.text());
  CHECK(json.code() == 0);
  const Json object = json_of(json);
  REQUIRE(object["kept"].size() >= 1);
  CHECK(object["kept"][0]["file"] == (bed.app / "go.mod").string());
  CHECK(read_file(object["kept"][0]["copy"].text()) == before.at("go.mod"));
}

TEST_CASE("fix: only the newest twenty sets of copies stay, and each is whole", "[e2e]") {
  Fixing fixing(gos().back());
  const Bed& bed = fixing.bed;
  const fs::path kept = bed.home / ".local/state/gomend/fix";
  for (int i = 10; i < 35; ++i)
    write_file(kept / ("2020-01-01T00:00:" + std::to_string(i) + "Z-0/0-go.mod"), "old");
  fixing.note({"go", "mod", "edit", "-require=github.com/acme/lonely@v1.0.0"});
  REQUIRE(bed.companion({"fix", "--yes"}).code() == 0);
  CHECK(std::distance(fs::directory_iterator(kept), fs::directory_iterator()) == 20);
}

}  // namespace tests

// The real go behind gomend: found by what it is, not by its name; and no circle, whoever calls
// back. The directories of a PATH are made as a row says: "gomend", "real", …, the first first.

#include <filesystem>
#include <fstream>

#include "tests/bed/files.hpp"
#include "tests/catch.hpp"
#include "tests/shim_run.hpp"

namespace {

namespace fs = std::filesystem;

const std::string go_note("\4\0\0\0Go\0", 7);

void write_script(const std::string& file, const std::string& text) {
  std::ofstream(file) << text;
  fs::permissions(file, fs::perms::owner_all);
}

// A program without the note of Go's linker, as a version manager in Rust: it calls back.
void write_manager(const std::string& file) {
  std::string bytes = tests::read_file(FAKE_GO);
  for (std::size_t at; (at = bytes.find(go_note)) != bytes.npos;)
    bytes.replace(at, 7, "\1\1\1\1No\1");
  std::ofstream(file) << bytes;
  fs::permissions(file, fs::perms::owner_all);
}

struct Place {
  explicit Place(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const std::string bin = dir.path(std::to_string(++count) + name);
      fs::create_directories(bin);
      make(name, bin + "/go");
      path += (path.empty() ? "" : ":") + bin;
    }
  }

  GoRun run(const std::vector<std::string>& arguments, const std::string& script,
            std::vector<std::string> env = {}) const {
    env.push_back("PATH=" + path + ":/usr/bin:/bin");
    return run_go(arguments, script, {.env = env, .input = {}});
  }

  ScratchDir dir;
  std::string path;

 private:
  void make(const std::string& name, const std::string& go) {
    if (name == "gomend") fs::copy_file(GOMEND_BINARY, go);
    if (name == "gomend-link") fs::create_symlink(GOMEND_BINARY, go);
    if (name == "gomend-hard") fs::create_hard_link(GOMEND_BINARY, go);
    if (name == "real") fs::copy_file(FAKE_GO, go);
    if (name == "real-link") fs::create_symlink(FAKE_GO, go);
    if (name == "directory") fs::create_directory(go);
    if (name == "not-executable") std::ofstream(go) << "x";
    if (name == "dangling") fs::create_symlink("/nonexistent/go", go);
    // goenv with the version "system", asdf and their kin: scripts that look PATH through again.
    if (name == "script") write_script(go, "#!/bin/sh\nexec go \"$@\"\n");
    if (name == "script-that-waits") write_script(go, "#!/bin/sh\ngo \"$@\"\nexit $?\n");
    if (name == "script-through-env") write_script(go, "#!/usr/bin/env bash\nexec env go \"$@\"\n");
    if (name == "script-that-skips-itself") {
      write_script(go,
                   "#!/bin/sh\nPATH=$(echo \"$PATH\" | sed \"s,${0%/go}:,,\")\nexec go \"$@\"\n");
    }
    if (name == "manager") write_manager(go);
  }
  int count = 0;
};

std::string found(const Place& place, const std::string& command) {
  return place.run({command}, "env GOMEND_VIA; out found").out;
}

}  // namespace

TEST_CASE("the real go is found by identity, wherever it stands on PATH") {
  const std::vector<std::vector<std::string>> paths = {
      {"gomend", "real"},
      {"gomend", "gomend", "gomend-link", "real"},
      {"gomend-hard", "gomend-link", "real-link"},
      {"real"},
      {"directory", "not-executable", "dangling", "real"},
  };
  for (const auto& names : paths) {
    const Place place(names);
    INFO(place.path);
    CHECK(found(place, "version") == "GOMEND_VIA=(unset)\nfound\n");
    CHECK(found(place, "build") == "GOMEND_VIA=(unset)\nfound\n");
  }
}

TEST_CASE("a version manager that calls back is no circle, and go sees none of it") {
  const std::vector<std::vector<std::string>> paths = {
      {"gomend", "script", "real"},
      {"gomend", "script-that-waits", "real"},
      {"gomend", "script-through-env", "real"},
      {"script-that-skips-itself", "gomend", "script", "real"},
      {"gomend", "script", "script-that-waits", "gomend-link", "real"},
  };
  for (const auto& names : paths) {
    const Place place(names);
    INFO(place.path);
    for (const char* command : {"version", "build"}) {
      const GoRun run = place.run({command}, "env GOMEND_VIA; out found", {});
      CHECK(run.out == "GOMEND_VIA=(unset)\nfound\n");
      CHECK(run.err == "");
    }
  }
}

TEST_CASE("a version manager that is a program is no circle either") {
  for (const char* command : {"version", "build"}) {
    const Place place({"gomend", "manager", "real"});
    CHECK(place.run({command}, "call-back; env GOMEND_VIA; out found").out ==
          "GOMEND_VIA=(unset)\nfound\n");
  }
}

TEST_CASE("a go that the user's own program starts is found anew") {
  const Place place({"gomend", "script", "real"});
  CHECK(place.run({"run", "."}, "program nested").out == "nested\n");
}

TEST_CASE("GOMEND_REAL_GO names the real go, though PATH names another or none") {
  const Place place({"gomend", "script"});
  const Place elsewhere({"real"});
  const std::string named = "GOMEND_REAL_GO=" + elsewhere.path + "/go";
  CHECK(place.run({"build"}, "out found", {named}).out == "found\n");
  const Place healthy({"gomend", "real"});
  for (const std::string& wrong :
       {std::string("/nonexistent/go"), std::string("/"), std::string(GOMEND_BINARY)}) {
    CHECK(healthy.run({"build"}, "out found", {"GOMEND_REAL_GO=" + wrong}).out == "found\n");
  }
}

TEST_CASE("off PATH the real go is found by GOROOT") {
  const ScratchDir root;
  fs::create_directories(root.path("bin"));
  fs::copy_file(FAKE_GO, root.path("bin/go"));
  const Place place({"gomend"});
  CHECK(run_go({"build"}, "out found",
               {.env = {"PATH=" + place.path, "GOROOT=" + root.path()}, .input = {}})
            .out == "found\n");
}

TEST_CASE("no go at all is one clear line and exit 127") {
  if (fs::exists("/usr/local/go/bin/go") || fs::exists("/usr/lib/go/bin/go")) return;
  const Place place({"gomend", "script"});
  const GoRun run =
      run_go({"version"}, "", {.env = {"PATH=" + place.path, "GOROOT="}, .input = {}});
  CHECK(run.exit_code() == 127);
  CHECK(run.err.starts_with("gomend: no go found"));
}

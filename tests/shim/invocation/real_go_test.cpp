// The real go behind gomend: found by what it is, not by its name; and no circle, whoever calls
// back. The directories of a PATH are made as a row says: "gomend", "real", …, the first first.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/bed/files.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"
#include "tests/catch.hpp"

namespace {

namespace fs = std::filesystem;

const std::string go_note("\4\0\0\0Go\0", 7);

void write_script(const std::string& file, const std::string& text) {
  std::ofstream(file) << text;
  fs::permissions(file, fs::perms::owner_all);
}

// A program without the note of Go's linker, as a version manager in Rust: it calls back.
void write_manager(const std::string& file) {
  std::string bytes = tests::read_file(tests::fake_go);
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
    if (name == "gomend") fs::copy_file(tests::gomend_binary, go);
    if (name == "gomend-link") fs::create_symlink(tests::gomend_binary, go);
    if (name == "gomend-hard") fs::create_hard_link(tests::gomend_binary, go);
    if (name == "real") fs::copy_file(tests::fake_go, go);
    if (name == "real-link") fs::create_symlink(tests::fake_go, go);
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
  // An empty value names nothing.
  CHECK(Place({"gomend", "real"}).run({"build"}, "out found", {"GOMEND_REAL_GO="}).out ==
        "found\n");
}

TEST_CASE("GOMEND_REAL_GO that can't be run: one line, and no other go runs (issue 15.11)") {
  const Place healthy({"gomend", "real"});
  const ScratchDir dir;
  fs::create_symlink(dir.path("loop"), dir.path("loop"));
  fs::create_symlink(dir.path("absent"), dir.path("dangling"));
  fs::create_symlink(tests::gomend_binary, dir.path("go"));
  std::ofstream(dir.path("closed")) << "#!/bin/sh\n";
  write_script(dir.path("no-interpreter"), "echo found\n");
  write_script(dir.path("no-such-interpreter"), "#!/nonexistent/sh\n");
  write_script(dir.path("foreign"), std::string("\x7f"
                                                "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\2\0\xff\xff",
                                                20));
  write_script(dir.path("empty"), "");
  struct Row {
    std::string value;
    int code;
  };
  const Row rows[] = {{"/nonexistent/go", 127},
                      {"/etc/passwd/go", 127},
                      {"go", 127},
                      {"./go", 127},
                      {dir.path("dangling"), 127},
                      {"/", 126},
                      {dir.path("loop"), 126},
                      {dir.path("closed"), 126},
                      {dir.path("go"), 126},
                      {tests::gomend_binary, 126},
                      {"/dev/null", 126},
                      {dir.path("no-interpreter"), 126},
                      {dir.path("no-such-interpreter"), 127},
                      {dir.path("foreign"), 126},
                      {dir.path("empty"), 126}};
  for (const Row& row : rows) {
    for (const char* command : {"version", "build", "test", "run", "tool"}) {
      for (const char* mode : {"GOMEND=", "GOMEND=off"}) {
        const GoRun run =
            healthy.run({command, "x"}, "out found", {"GOMEND_REAL_GO=" + row.value, mode});
        INFO(row.value << " " << command << " " << mode << ": " << run.err);
        CHECK(run.exit_code() == row.code);
        CHECK(run.out == "");
        CHECK(run.err.starts_with("gomend: "));
        CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
        CHECK(run.err.find(row.value) != std::string::npos);
      }
    }
  }
}

TEST_CASE("off PATH the real go is found by GOROOT") {
  const ScratchDir root;
  fs::create_directories(root.path("bin"));
  fs::copy_file(tests::fake_go, root.path("bin/go"));
  const Place place({"gomend"});
  CHECK(run_go({"build"}, "out found",
               {.env = {"PATH=" + place.path, "GOROOT=" + root.path()}, .input = {}})
            .out == "found\n");
}

TEST_CASE("no go at all is one clear line and exit 127") {
  if (fs::exists("/usr/local/go/bin/go") || fs::exists("/usr/lib/go/bin/go"))
    return tests::skip("a go lies where gomend looks when PATH has none");
  const Place place({"gomend", "script"});
  const GoRun run =
      run_go({"version"}, "", {.env = {"PATH=" + place.path, "GOROOT="}, .input = {}});
  CHECK(run.exit_code() == 127);
  CHECK(run.err.starts_with("gomend: no go found"));
}

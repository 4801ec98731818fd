#pragma once
// A bed is a whole small world for one end-to-end test: a HOME, a GOPATH with a module cache, a
// build cache, a project (tests/world.txtar), and a GOPROXY of its own that can fail, all in a
// directory that goes with the bed. Nothing of the user's is read or written, and no network is
// used.
//
// Making one costs some milliseconds: a pristine state per Go version is made once and kept in the
// work directory, and what the last bed has changed in its copy is put right (bed/replica.hpp). A
// build cache is only good for the same absolute paths, so a bed lies in a numbered slot; beds that
// live at the same time, in other processes too, have different ones.
//
// Example, a row of a table:
//
//   Bed bed(go);
//   damage(bed.zip("github.com/acme/alpha@v1.1.0"), "half");
//   remove_tree(bed.tree("github.com/acme/alpha@v1.1.0"));
//   const Ran plain = bed.go({"build", "./..."});                  // fails
//   const Ran ran = bed.gomend({"build", "./..."});                // succeeds
//   CHECK(difference(bed.pristine_modules(), bed.modules(), {.ignore = {"*.zip", "*.lock"}}) ==
//   ""); CHECK(bed.proxy.log_text() == "200 github.com/acme/alpha/@v/v1.1.0.zip\n");

#include <filesystem>
#include <string>
#include <vector>

#include "recovery/os/env.hpp"
#include "tests/bed/damage.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/gos.hpp"
#include "tests/bed/modserver.hpp"
#include "tests/bed/process.hpp"
#include "tests/bed/snapshot.hpp"

namespace tests {

enum class Modules {
  full,       // all the project needs: files in cache/download and trees
  downloads,  // cache/download only: go will unpack
  empty
};

enum class Builds {
  std,   // the standard library as build, vet and test want it; nothing of the modules, no module
         // index
  warm,  // the project built and vetted, its tests compiled
  empty
};

struct BedOptions {
  Modules modules = Modules::full;
  Builds builds = Builds::std;
  bool tool = false;  // go.mod has a tool line for toolbox/cmd/hello (Go 1.24 and later)
};

class Bed {
 public:
  explicit Bed(const Go& toolchain, const BedOptions& options = {});
  ~Bed();
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;

  Go toolchain;
  Source proxy;  // GOPROXY is this one alone

  /// The environment of all commands; a test may change it. GOSUMDB=off, GOFLAGS and GOENV out of
  /// the way; telemetry off.
  Env env;

  // Where things lie. `root` has them all.
  fs::path root, home, gopath, gomodcache, gocache, app, tmp;
  fs::path test_log;  // each test of the project that runs appends a line
  fs::path shim;      // gomend, called go

  /// The real go, in the project (or where options.cwd says). env and cwd of `options` are added to
  /// the bed's.
  [[nodiscard]] Ran go(const Args& args, const RunOptions& options = {}) const;
  /// gomend under the name go, with the real one behind it on PATH.
  [[nodiscard]] Ran gomend(const Args& args, const RunOptions& options = {}) const;
  /// The same two on a terminal.
  [[nodiscard]] Ran go_pty(const Args& args, const RunOptions& options = {}) const;
  [[nodiscard]] Ran gomend_pty(const Args& args, const RunOptions& options = {}) const;
  /// gomend under its own name: "doctor", "verify".
  [[nodiscard]] Ran companion(const Args& args, const RunOptions& options = {}) const;

  // Artefacts of a module "github.com/BurntSynth/Gamma@v0.4.0".
  [[nodiscard]] fs::path tree(const std::string& module) const;
  /// With the extension: download(m, ".zip"), ".ziphash", ".info", ".mod", ".lock", ".partial".
  [[nodiscard]] fs::path download(const std::string& module, const std::string& extension) const;
  [[nodiscard]] fs::path zip(const std::string& module) const { return download(module, ".zip"); }
  [[nodiscard]] fs::path list(const std::string& module) const;
  /// Go's module index of that tree in GOCACHE; there only after go has loaded the tree.
  [[nodiscard]] fs::path index_entry(const std::string& module) const;
  /// Removes all trees: the state Modules::downloads.
  void remove_trees() const;

  [[nodiscard]] Snapshot modules() const { return snapshot(gomodcache); }
  [[nodiscard]] Snapshot builds() const { return snapshot(gocache, false); }  // names, not bytes
  /// The clean module cache: names, bytes and modes (its inodes are others).
  [[nodiscard]] const Snapshot& pristine_modules() const;

  /// The tests of the project that ran since the bed was made, sorted: "calc.TestSum".
  [[nodiscard]] std::vector<std::string> test_runs() const;

 private:
  void set_env();
  void make_project(const BedOptions& options) const;
  void make_caches(const BedOptions& options) const;
  [[nodiscard]] RunOptions merged(const RunOptions& options, bool through_gomend) const;

  FileLock slot_;
  int exceptions_;
};

/// What the project prints with every module as it should be, and the tests that it has.
inline constexpr std::string_view report_text =
    "alpha v1.1.0 extra inner Gamma+kappa beta big delta epsilon zeta nested theta:table\n";
inline const std::vector<std::string> all_tests = {"calc.TestSum", "calc.TestSumOfNothing",
                                                   "check.TestWord", "report.TestAll"};

/// The modules that go.mod names, as M@V. A full cache has all of them, and lonely@v1.0.0, which
/// nothing requires.
[[nodiscard]] const std::vector<std::string>& required_modules();

}  // namespace tests

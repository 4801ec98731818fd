#include "tests/bed/bed.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "recovery/os/env.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/pristine.hpp"
#include "tests/bed/replica.hpp"
#include "tests/bed/world.hpp"

namespace tests {
namespace {

constexpr int max_slots = 64;

// A slot's directory outlives its bed; one with a file `kept` is never used again.
FileLock take_slot(const Go& go, fs::path& root) {
  fs::create_directories(scratch_dir() / "beds");
  for (int slot = 0; slot < max_slots; ++slot) {
    root = scratch_dir() / "beds" / (go.version + "-" + std::to_string(slot));
    if (fs::exists(root / "kept")) continue;
    FileLock lock = FileLock::try_lock(root.string() + ".lock");
    if (lock.held()) return lock;
  }
  throw std::runtime_error("all slots are taken; remove " + (scratch_dir() / "beds").string());
}

struct Name {
  std::string path, version;  // escaped
};

Name split(const std::string& module) {
  const auto at = module.find('@');
  if (at == std::string::npos) throw std::invalid_argument(module + " is no M@V");
  return {escaped(module.substr(0, at)), escaped(module.substr(at + 1))};
}

// go trims a cache whose trim.txt is old, which would cost time and remove entries.
void replicate_builds(const fs::path& original, const Bed& bed) {
  replicate(original, bed.gocache, bed.root / "notes" / bed.gocache.filename());
  write_file(bed.gocache / "trim.txt", std::to_string(std::time(nullptr)));
}

void put_gomend(const fs::path& at) {
  fs::create_directories(at.parent_path());
  std::error_code error;
  fs::create_hard_link(gomend_binary, at, error);
  if (error) fs::copy_file(gomend_binary, at);
}

// The build cache of a slot after the project's own commands; made when a test first wants it.
fs::path warm_cache(const Bed& bed) {
  std::string place = bed.root.string();  // a build cache is good for one place only
  std::ranges::replace(place, '/', '_');
  const fs::path warm = pristine(bed.toolchain) / ("warm" + place);
  if (fs::exists(warm)) return warm;
  replicate_builds(pristine(bed.toolchain) / "std", bed);
  for (const Args& args :
       {Args{"build", "./..."}, Args{"vet", "./..."}, Args{"test", "-exec", "true", "./..."}}) {
    const Ran ran = bed.go(args);
    if (ran.code() != 0) throw std::runtime_error("warming: " + ran.text());
  }
  const fs::path fresh = warm.string() + ".new";
  remove_tree(fresh);
  copy_tree(bed.gocache, fresh);
  fs::rename(fresh, warm);
  return warm;
}

void remove_entries_but(const fs::path& directory, std::string_view kept) {
  if (!fs::is_directory(fs::symlink_status(directory))) return remove_tree(directory);
  fs::permissions(directory, fs::perms{0755});
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename() != kept) remove_tree(entry.path());
  }
}

// Where a module cache waits while a bed wants none: copying it again would cost more.
fs::path parked(const fs::path& root) {
  return root / "parked";
}

// All of a slot but its caches, which are replicas and outlive the bed.
void clear_slot(const fs::path& root) {
  for (const auto* name : {"home", "app", "tmp", "bin", ".git", "test.log", "gocache-empty"}) {
    remove_tree(root / name);
  }
  remove_entries_but(root / "gopath", "pkg");
  remove_entries_but(root / "gopath/pkg", "mod");
  if (!fs::exists(parked(root))) return;
  remove_tree(root / "gopath/pkg/mod");
  fs::create_directories(root / "gopath/pkg");
  fs::rename(parked(root), root / "gopath/pkg/mod");
}

const char* gocache_name(Builds builds) {
  switch (builds) {
    case Builds::std:
      return "gocache";
    case Builds::warm:
      return "gocache-warm";
    case Builds::empty:
      break;
  }
  return "gocache-empty";
}

}  // namespace

Bed::Bed(const Go& go, const BedOptions& options)
    : toolchain(go),
      env(base_env()),
      slot_(take_slot(go, root)),
      exceptions_(std::uncaught_exceptions()) {
  home = root / "home";
  gopath = root / "gopath";
  gomodcache = gopath / "pkg/mod";
  gocache = root / gocache_name(options.builds);
  app = root / "app";
  tmp = root / "tmp";
  test_log = root / "test.log";
  shim = root / "bin/go";
  set_env();
  make_project(options);
  make_caches(options);
}

void Bed::set_env() {
  env.insert({{"HOME", home.string()},
              {"GOPATH", gopath.string()},
              {"GOMODCACHE", gomodcache.string()},
              {"GOCACHE", gocache.string()},
              {"GOPROXY", proxy.url()},
              {"TMPDIR", tmp.string()},
              {"TEST_LOG", test_log.string()},
              {"GOMEND_KEEP", "on"},  // whatever the machine that runs the tests is
              {"GOMEND_PATIENCE", "0"},
              {"PATH", toolchain.path.parent_path().string() + ":/usr/bin:/bin"}});
}

void Bed::make_project(const BedOptions& options) const {
  clear_slot(root);
  fs::create_directories(tmp);
  write_file(home / ".config/go/telemetry/mode", "off");
  copy_tree(pristine(toolchain) / "app", app);
  put_gomend(shim);
  if (!options.tool) return;
  write_file(app / "go.mod",
             read_file(app / "go.mod") + "\ntool github.com/acme/toolbox/cmd/hello\n");
}

void Bed::make_caches(const BedOptions& options) const {
  replicate(pristine(toolchain) / "mod", gomodcache, root / "notes/mod");
  if (options.builds == Builds::std) replicate_builds(pristine(toolchain) / "std", *this);
  if (options.builds == Builds::warm) replicate_builds(warm_cache(*this), *this);
  if (options.modules == Modules::downloads) remove_trees();
  if (options.modules == Modules::empty) fs::rename(gomodcache, parked(root));
}

Bed::~Bed() {
  if (!must_keep(exceptions_)) return;  // the slot's next bed clears up
  std::ofstream(root / "kept");
  std::cerr << "kept: " << root.string() << '\n';
}

RunOptions Bed::merged(const RunOptions& options, bool through_gomend) const {
  RunOptions all = options;
  all.env.insert(env.begin(), env.end());  // what the caller gave stays
  if (through_gomend) all.env["PATH"] = shim.parent_path().string() + ":" + all.env["PATH"];
  if (all.cwd.empty()) all.cwd = app;
  return all;
}

namespace {

Args with_program(const fs::path& program, const Args& args) {
  Args all = {program.string()};
  all.insert(all.end(), args.begin(), args.end());
  return all;
}

}  // namespace

Ran Bed::go(const Args& args, const RunOptions& options) const {
  return run(with_program(toolchain.path, args), merged(options, false));
}

Ran Bed::gomend(const Args& args, const RunOptions& options) const {
  // A tool is started again only for damage that is older than its start, by more than the clock of
  // the file system may lag behind (policy/acting.cpp).
  if (!args.empty() && args[0] == "tool")
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return run(with_program(shim, args), merged(options, true));
}

Ran Bed::go_pty(const Args& args, const RunOptions& options) const {
  return run_pty(with_program(toolchain.path, args), merged(options, false));
}

Ran Bed::gomend_pty(const Args& args, const RunOptions& options) const {
  return run_pty(with_program(shim, args), merged(options, true));
}

Ran Bed::companion(const Args& args, const RunOptions& options) const {
  return run(with_program(gomend_binary, args), merged(options, true));
}

fs::path Bed::tree(const std::string& module) const {
  const Name name = split(module);
  return gomodcache / (name.path + "@" + name.version);
}

fs::path Bed::download(const std::string& module, const std::string& extension) const {
  const Name name = split(module);
  return gomodcache / "cache/download" / name.path / "@v" / (name.version + extension);
}

fs::path Bed::list(const std::string& module) const {
  return download(module, "").parent_path() / "list";
}

// The formula is cmd/go/internal/modindex's (moduleHash) with the salt of cmd/go/internal/cache
// (NewHash).
fs::path Bed::index_entry(const std::string& module) const {
  const std::string& v = toolchain.version;
  const std::string format = toolchain.minor < 20 ? "go index v1" : "go index v2";
  const std::string key =
      sha256(v + "module index " + v + " " + format + " " + tree(module).string() + "\n");
  return gocache / key.substr(0, 2) / (key + "-a");
}

void Bed::remove_trees() const {
  for (const auto& entry : fs::directory_iterator(gomodcache)) {
    if (entry.path().filename() != "cache") remove_tree(entry.path());
  }
}

const Snapshot& Bed::pristine_modules() const {
  static std::map<std::string, Snapshot> known;
  const auto [it, fresh] = known.try_emplace(toolchain.version);
  if (fresh) it->second = snapshot(pristine(toolchain) / "mod");
  return it->second;
}

std::vector<std::string> Bed::test_runs() const {
  std::vector<std::string> runs;
  if (!fs::exists(test_log)) return runs;
  std::istringstream lines(read_file(test_log));
  for (std::string line; std::getline(lines, line);) runs.push_back(line);
  std::sort(runs.begin(), runs.end());
  return runs;
}

const std::vector<std::string>& required_modules() {
  static const std::vector<std::string> all = {
      "github.com/BurntSynth/Gamma@v0.4.0",
      "github.com/acme/alpha@v1.1.0",
      "github.com/acme/beta/v2@v2.3.0",
      "github.com/acme/big@v1.0.0",
      "github.com/acme/checkit@v1.0.0",
      "github.com/acme/delta@v0.0.0-20200102030405-0123456789ab",
      "github.com/acme/epsilon@v3.0.0+incompatible",
      "github.com/acme/kappa@v0.1.0",
      "github.com/acme/toolbox@v1.0.0",
      "github.com/acme/zeta@v1.0.0",
      "github.com/acme/zeta/nested@v0.2.0",
      "go.example.org/theta@v0.9.0",
  };
  return all;
}

}  // namespace tests

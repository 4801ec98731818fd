#include "tests/bed.hpp"

#include <algorithm>
#include <ctime>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/bed/pristine.hpp"
#include "tests/bed/world.hpp"

namespace tests {
namespace {

constexpr int max_slots = 64;

// A slot's directory is left behind only by a bed that was kept, or that was killed; the first has
// a file `kept` and is never used again.
FileLock take_slot(const Go& go, fs::path& root) {
  fs::create_directories(work_dir() / "beds");
  for (int slot = 0; slot < max_slots; ++slot) {
    root = work_dir() / "beds" / (go.version + "-" + std::to_string(slot));
    if (fs::exists(root / "kept")) continue;
    FileLock lock = FileLock::try_lock(root.string() + ".lock");
    if (lock.held()) return lock;
  }
  throw std::runtime_error("all slots are taken; remove " + (work_dir() / "beds").string());
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
void copy_build_cache(const fs::path& from, const fs::path& to) {
  copy_tree(from, to, Copy::build_cache);
  write_file(to / "trim.txt", std::to_string(std::time(nullptr)));
}

void put_gomend(const fs::path& at) {
  fs::create_directories(at.parent_path());
  std::error_code error;
  fs::create_hard_link(GOMEND_BINARY, at, error);
  if (error) fs::copy_file(GOMEND_BINARY, at);
}

// The build cache of a slot after the project's own commands; made when a test first wants it.
fs::path warm_cache(const Bed& bed) {
  const fs::path warm = pristine(bed.toolchain) / ("warm-" + bed.root.filename().string());
  if (fs::exists(warm)) return warm;
  copy_build_cache(pristine(bed.toolchain) / "std", bed.gocache);
  for (const Args& args :
       {Args{"build", "./..."}, Args{"vet", "./..."}, Args{"test", "-exec", "true", "./..."}}) {
    const Ran ran = bed.go(args);
    if (ran.code() != 0) throw std::runtime_error("warming: " + ran.text());
  }
  const fs::path fresh = warm.string() + ".new";
  remove_tree(fresh);
  copy_tree(bed.gocache, fresh, Copy::build_cache);
  fs::rename(fresh, warm);
  remove_tree(bed.gocache);
  return warm;
}

}  // namespace

Bed::Bed(const Go& go, const BedOptions& options)
    : toolchain(go),
      env(base_env()),
      slot_(take_slot(go, root)),
      exceptions_(std::uncaught_exceptions()) {
  const fs::path clean = pristine(go);
  remove_tree(root);
  home = root / "home";
  gopath = root / "gopath";
  gomodcache = gopath / "pkg/mod";
  gocache = root / "gocache";
  app = root / "app";
  tmp = root / "tmp";
  test_log = root / "test.log";
  shim = root / "bin/go";
  fs::create_directories(tmp);
  write_file(home / ".config/go/telemetry/mode", "off");
  copy_tree(clean / "app", app);
  put_gomend(shim);
  env.insert({{"HOME", home.string()},
              {"GOPATH", gopath.string()},
              {"GOMODCACHE", gomodcache.string()},
              {"GOCACHE", gocache.string()},
              {"GOPROXY", proxy.url()},
              {"TMPDIR", tmp.string()},
              {"TEST_LOG", test_log.string()},
              {"PATH", go.path.parent_path().string() + ":/usr/bin:/bin"}});
  if (options.modules != Modules::empty || options.builds == Builds::warm)
    copy_tree(clean / "mod", gomodcache);
  if (options.builds == Builds::std) copy_build_cache(clean / "std", gocache);
  if (options.builds == Builds::warm) copy_build_cache(warm_cache(*this), gocache);
  if (options.modules == Modules::downloads) remove_trees();
  if (options.modules == Modules::empty) remove_tree(gomodcache);
  if (options.tool) {
    write_file(app / "go.mod",
               read_file(app / "go.mod") + "\ntool github.com/acme/toolbox/cmd/hello\n");
  }
}

Bed::~Bed() {
  if (must_keep(exceptions_)) {
    write_file(root / "kept", "");
    std::cerr << "kept: " << root.string() << '\n';
    return;
  }
  try {
    remove_tree(root);
  } catch (const std::exception& error) {
    std::cerr << "left: " << error.what() << '\n';
  }
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
  return run(with_program(shim, args), merged(options, true));
}

Ran Bed::go_pty(const Args& args, const RunOptions& options) const {
  return run_pty(with_program(toolchain.path, args), merged(options, false));
}

Ran Bed::gomend_pty(const Args& args, const RunOptions& options) const {
  return run_pty(with_program(shim, args), merged(options, true));
}

Ran Bed::companion(const Args& args, const RunOptions& options) const {
  return run(with_program(GOMEND_BINARY, args), merged(options, true));
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

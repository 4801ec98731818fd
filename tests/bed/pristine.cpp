#include "tests/bed/pristine.hpp"

#include <map>
#include <stdexcept>

#include "tests/bed/files.hpp"
#include "tests/bed/modserver.hpp"
#include "tests/bed/world.hpp"

namespace tests {
namespace {

// To be raised when what is made here changes.
constexpr const char* format = "1";

class Maker {
 public:
  Maker(const Go& go, fs::path root) : go_(go), root_(std::move(root)), env_(base_env()) {
    env_["PATH"] = go.path.parent_path().string() + ":/usr/bin:/bin";
    env_["HOME"] = (root_ / "home").string();
    env_["GOPATH"] = (root_ / "gopath").string();
    env_["GOMODCACHE"] = (root_ / "mod").string();
    env_["GOCACHE"] = (root_ / "std").string();
    env_["GOPROXY"] = proxy_.url();
  }

  void make() {
    write_file(root_ / "home/.config/go/telemetry/mode", "off");
    copy_tree(world_app(), root_ / "app");
    const std::string go_mod = read_file(root_ / "app/go.mod");
    go({"mod", "tidy"});
    go({"mod", "download"});
    if (read_file(root_ / "app/go.mod") != go_mod) {
      throw std::runtime_error("go mod tidy changed tests/world.txtar's go.mod:\n" +
                               read_file(root_ / "app/go.mod"));
    }
    go({"mod", "download", "github.com/acme/lonely@v1.0.0"}, root_);
    // Module packages are compiled too, but their entries are of no use to a bed: the key has the
    // tree's path.
    go({"build", "./..."});
    go({"vet", "./..."});
    go({"test", "./..."});
    go({"test", "-coverprofile=" + (root_ / "cover.out").string(), "./..."});
    remove_tree(root_ / "home");
    remove_tree(root_ / "gopath");
  }

 private:
  void go(Args args, const fs::path& cwd = {}) {
    args.insert(args.begin(), go_.path.string());
    const Ran ran = run(
        args,
        {.env = env_, .cwd = cwd.empty() ? root_ / "app" : cwd, .limit = std::chrono::minutes(10)});
    if (ran.code() != 0) throw std::runtime_error("making the pristine state: " + ran.text());
  }

  const Go& go_;
  fs::path root_;
  Source proxy_;
  Env env_;
};

fs::path make_pristine(const Go& go) {
  const fs::path root =
      work_dir() / ("pristine-" + go.version + "-" + world_digest() + "-" + format);
  const FileLock lock(work_dir() / ("pristine-" + go.version + ".lock"));
  if (fs::exists(root)) return root;
  const fs::path fresh = root.string() + ".new";
  remove_tree(fresh);
  Maker(go, fresh).make();
  fs::rename(fresh, root);
  return root;
}

}  // namespace

fs::path pristine(const Go& go) {
  static std::map<std::string, fs::path> made;
  auto& root = made[go.version];
  if (root.empty()) root = make_pristine(go);
  return root;
}

Env base_env() {
  return {{"GOENV", "off"},   {"GOTOOLCHAIN", "local"},     {"GOFLAGS", ""},
          {"GOSUMDB", "off"}, {"CGO_ENABLED", "0"},         {"LANG", "C.UTF-8"},
          {"TERM", "xterm"},  {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_TERMINAL_PROMPT", "0"}};
}

}  // namespace tests

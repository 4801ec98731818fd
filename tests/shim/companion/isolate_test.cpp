// `gomend isolate`: a project builds from caches of its own, the shared ones are only read, what
// comes from there is verified as ever; in each shell, and back again.

#include <thread>

#include "recovery/upkeep/isolate.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"
#include "tests/shim/companion/refusal.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";

// What isolate prints, as an environment.
Env isolated(const Bed& bed, const fs::path& dir, const Args& options = {}) {
  Args args = {"isolate", "--json"};
  args.insert(args.end(), options.begin(), options.end());
  const Ran ran = bed.companion(args, {.cwd = dir});
  INFO(ran.text());
  REQUIRE(ran.code() == 0);
  Env env;
  for (const auto& [name, value] : json_of(ran)["variables"].members())
    if (value.is_string()) env[name] = value.text();
  return env;
}

// A copy of the bed's project that sees another alpha.
fs::path project(const Bed& bed, const std::string& name, const std::string& replace) {
  const fs::path dir = bed.root / "tmp" / name;
  copy_tree(bed.app, dir);
  write_file(dir / "go.mod", read_file(dir / "go.mod") + "\nreplace " + replace + "\n");
  return dir;
}

}  // namespace

TEST_CASE("isolate: two projects with contradictory replaces beside one polluted shared cache",
          "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      const fs::path one =
          project(bed, "one", "github.com/acme/zeta => github.com/acme/zeta v1.0.0");
      const fs::path two = project(bed, "two", "github.com/acme/zeta => ./zeta");
      write_file(two / "zeta/go.mod", "module github.com/acme/zeta\n\ngo 1.17\n");
      write_file(two / "zeta/zeta.go", "package zeta\n\nfunc Name() string { return \"ours\" }\n");
      const Env env_one = isolated(bed, one), env_two = isolated(bed, two / "pkg");
      for (const Env& env : {env_one, env_two}) copy_tree(bed.gocache, env.at("GOCACHE"));
      damage(bed.tree(alpha) / "alpha.go", "edited");
      damage(bed.tree("github.com/acme/beta/v2@v2.3.0") / "beta.go", "deleted");
      REQUIRE(bed.go({"build", "./..."}).code() != 0);
      const Snapshot shared = bed.modules(), builds = bed.builds();
      Ran ran_one, ran_two;
      {
        const std::jthread first([&] {
          ran_one = bed.go({"run", "."}, {.env = env_one, .cwd = one});
        });
        const std::jthread second([&] {
          ran_two = bed.go({"run", "."}, {.env = env_two, .cwd = two});
        });
      }
      INFO(ran_one.text() << ran_two.text());
      std::string ours(report_text);
      ours.replace(ours.find(" zeta"), 5, " ours");
      CHECK(ran_one.out == report_text);
      CHECK(ran_two.out == ours);
      CHECK(difference(shared, bed.modules(), {.inodes = true, .times = true}) == "");
      CHECK(difference(builds, bed.builds(), {.inodes = true}) == "");
      CHECK(bed.proxy.log_text() == "");  // the shared cache had it all
    }
  }
}

TEST_CASE("isolate: what is damaged in the shared cache comes from where it came from", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      const Bed bed(go);
      damage(bed.zip(alpha), "half");
      rezip(bed.zip("github.com/acme/zeta@v1.0.0"), "edited");
      damage(bed.download("github.com/acme/kappa@v0.1.0", ".mod"), "edited");
      fs::remove(bed.zip("github.com/acme/beta/v2@v2.3.0"));
      const Snapshot shared = bed.modules();
      const Env env = isolated(bed, bed.app);
      copy_tree(bed.gocache, env.at("GOCACHE"));
      const Ran ran = bed.gomend({"run", "."}, {.env = env});
      INFO(ran.text());
      CHECK(ran.out == report_text);
      CHECK(difference(shared, bed.modules(), {.inodes = true, .times = true}) == "");
    }
  }
}

TEST_CASE("isolate: what nobody has recorded is verified as ever", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go);
      const Sumdb sumdb = bed.proxy.sumdb();
      bed.proxy.pass_sumdbs_on(true);  // the user's own proxy still stands between
      bed.env["GOSUMDB"] = sumdb.key();
      rezip(bed.zip(alpha), "edited");
      write_file(bed.download(alpha, ".ziphash"), h1_of(bed.zip(alpha)));
      fs::remove(bed.app / "go.sum");
      const Env env = isolated(bed, bed.app);
      const Ran sound = bed.go({"mod", "download", "github.com/acme/zeta"}, {.env = env});
      INFO(sound.text());
      CHECK(sound.code() == 0);
      CHECK(bed.proxy.log_text().find("zeta/@v") == std::string::npos);
      const Ran ran = bed.go({"mod", "download", "github.com/acme/alpha"}, {.env = env});
      INFO(ran.text());
      CHECK(ran.code() != 0);
      CHECK(ran.err.find("checksum mismatch") != std::string::npos);
    }
  }
}

TEST_CASE("isolate: each shell reads it, and --off is the way back", "[e2e]") {
  Bed bed(gos().back(), {.builds = Builds::empty});
  const fs::path home = bed.root / "tmp" / "it's \\ a $HOME \"here\"";
  fs::create_directories(home);
  bed.env["HOME"] = home.string();
  bed.env["GOPROXY"] = "http://user:pa'ss@nowhere.invalid,direct";
  bed.env.erase("GOCACHE");
  const std::string gomend = gomend_binary;
  for (const std::string shell : {"sh", "bash", "zsh", "fish"}) {
    const bool is_fish = shell == "fish";
    const std::string program = "/usr/bin/" + shell;
    if (!fs::exists(program)) continue;
    INFO(shell);
    const auto act = [&](const std::string& options) {
      return is_fish ? gomend + " isolate " + options + " | source\n"
                     : "eval \"$(" + gomend + " isolate " + options + ")\"\n";
    };
    const std::string print = "env | sort | grep '^GO'\n";
    RunOptions options{.env = bed.env, .cwd = bed.app};
    options.env["SHELL"] = program;
    options.env["PATH"] = bed.env["PATH"];
    const Args start = is_fish ? Args{program, "--no-config", "-c"} : Args{program, "-c"};
    const auto with = [&](const std::string& script) {
      Args args = start;
      args.push_back(script);
      const Ran ran = run(args, options);
      INFO(ran.text());
      REQUIRE(ran.code() == 0);
      return ran.out;
    };
    const std::string before = with(print);
    const std::string inside = with(act("") + "go env GOMODCACHE GOCACHE GOPROXY\n");
    const std::string state = home.string() + "/.local/state/gomend/isolated/app-";
    CHECK(inside.starts_with(state));
    CHECK(inside.find("\n" + state) != std::string::npos);
    CHECK(inside.ends_with("\nfile://" + bed.gomodcache.string() +
                           "/cache/download|http://user:pa'ss@nowhere.invalid,direct\n"));
    CHECK(with(act("") + act("--off") + print) == before);
    CHECK(with(act("--shell=" + shell) + act("") + act("--off") + print) == before);
    CHECK(with("cd pkg\n" + act("..") + act("") + "go env GOPROXY\n") ==
          inside.substr(inside.find("file://")));
  }
}

TEST_CASE("isolate --inside: caches that neither go nor git sees in the project", "[e2e]") {
  const Bed bed(gos().back(), {.builds = Builds::empty});
  const std::string all = bed.go({"list", "./..."}).out;
  const Env env = isolated(bed, bed.app, {"--inside"});
  CHECK(env.at("GOMODCACHE") == (bed.app / ".gomend/mod").string());
  REQUIRE(bed.go({"list", "-deps", "./..."}, {.env = env}).code() == 0);
  CHECK(bed.go({"list", "./..."}, {.env = env}).out == all);
  CHECK(fs::exists(bed.app / ".gomend/mod/cache/download"));
  REQUIRE(bed.go({"mod", "tidy"}, {.env = env}).code() == 0);
  const RunOptions git{.env = bed.env, .cwd = bed.app};
  REQUIRE(run({"git", "init", "-q"}, git).code() == 0);
  CHECK(run({"git", "status", "--porcelain", "-uall", ".gomend"}, git).out == "");
}

TEST_CASE("isolate: what can't be done gets one line, status 2, and nothing for the shell",
          "[e2e]") {
  Bed bed(gos().back(), {.builds = Builds::empty});
  const auto refuses = [&](const Args& args) { check_refused(bed, {"isolate"}, args); };
  refuses({"--shell", "tcsh"});
  refuses({"nosuch\ndirectory"});
  refuses({"main.go"});
  refuses({"a", "b"});
  write_file(bed.tmp / "file", "");
  bed.env["XDG_STATE_HOME"] = (bed.tmp / "file").string();
  refuses({});
  const Ran off = bed.companion({"isolate", "--off"});
  CHECK(off.code() == 0);
  CHECK(off.out == "");
}

TEST_CASE("isolate: a path as a URL in GOPROXY") {
  CHECK(recovery::file_url("/home/me/go/pkg/mod") == "file:///home/me/go/pkg/mod");
  CHECK(recovery::file_url("/a b,c|d%e") == "file:///a%20b%2Cc%7Cd%25e");
}

}  // namespace tests

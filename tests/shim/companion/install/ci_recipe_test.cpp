// The CI recipes (install/ci), their steps run as the runners run them: the `run:` lines of
// GitHub's actions with the runner's files and variables, the scripts of GitLab's template, and the
// shell recipe itself. Each over a cache that comes back damaged.

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const fs::path ci = fs::path(tests_dir).parent_path() / "install/ci";

// A job on a runner: its own GOMEND_CI_DIR, the real go first on PATH.
struct Job {
  explicit Job(Bed& b) : bed(b), env(b.env) {
    env["GOMEND_BINARY"] = gomend_binary;
    env["RUNNER_TEMP"] = (bed.tmp / "runner").string();
    fs::create_directories(bed.tmp / "runner");
  }
  [[nodiscard]] Ran sh(const std::string& words, const Env& more = {}) const {
    Env all = env;
    for (const auto& [name, value] : more) all[name] = value;
    return run({"/bin/sh", "-euc", words}, {.env = all, .cwd = bed.app});
  }
  [[nodiscard]] fs::path artefact() const { return bed.tmp / "runner/gomend-ci/artefact"; }

  Bed& bed;
  Env env;
};

void damage_alpha(const Bed& bed) {
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
}

// "key=value" lines, as GITHUB_OUTPUT and GITHUB_ENV have them.
Env lines_of(const fs::path& file) {
  Env values;
  std::istringstream text(fs::exists(file) ? read_file(file) : "");
  for (std::string line; std::getline(text, line);)
    values[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  return values;
}

// The scripts of an action, in order. All of ours are one line in single quotes.
std::vector<std::string> run_lines(const fs::path& action) {
  static const std::regex run_line("^ *run: '(.*)'$");
  std::vector<std::string> found;
  std::istringstream text(read_file(action));
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (std::regex_match(line, match, run_line)) found.push_back(match[1]);
  }
  return found;
}

std::vector<std::string> list_below(const std::string& yaml, const std::string& key) {
  std::vector<std::string> found;
  std::istringstream text(yaml);
  bool is_in = false;
  for (std::string line; std::getline(text, line);) {
    if (is_in && line.starts_with("    - ")) {
      std::string item = line.substr(6);
      if (item.starts_with("'")) item = item.substr(1, item.size() - 2);
      found.push_back(item);
    } else {
      is_in = line == "  " + key + ":";
    }
  }
  return found;
}

}  // namespace

TEST_CASE("ci: GitHub's action: a damaged cache comes back, is mended, told, pruned and saved",
          "[e2e]") {
  Bed bed(gos().back());
  Job job(bed);
  const fs::path files = bed.tmp / "github";
  fs::create_directories(files);
  job.env["GITHUB_ACTIONS"] = "true";
  for (const char* name : {"GITHUB_PATH", "GITHUB_ENV", "GITHUB_OUTPUT"}) {
    job.env[name] = (files / name).string();
    write_file(files / name, "");
  }
  job.env["GITHUB_ACTION_PATH"] = ci.string();
  const auto first = run_lines(ci / "action.yml");
  REQUIRE(first.size() == 2);
  const Ran start = job.sh(first[0]);
  INFO(start.text());
  REQUIRE(start.code() == 0);
  const Env outputs = lines_of(files / "GITHUB_OUTPUT");
  CHECK(!outputs.at("key").empty());
  CHECK(outputs.at("key").starts_with(outputs.at("restore")));
  CHECK(outputs.at("modules") == bed.gomodcache.string());
  CHECK(outputs.at("builds") == bed.gocache.string());
  damage_alpha(bed);  // what actions/cache/restore has unpacked
  const Ran repaired = job.sh(first[1]);
  INFO(repaired.text());
  CHECK(repaired.code() == 0);
  // The runner sets what was written to its files for the steps that follow.
  std::string bin = read_file(files / "GITHUB_PATH");
  bin.pop_back();
  Env later = lines_of(files / "GITHUB_ENV");
  later["PATH"] = bin + ":" + bed.env["PATH"];
  CHECK(job.sh("command -v go; GOMEND=off go build ./...", later).out == bin + "/go\n");
  damage_alpha(bed);  // and the job's own commands meet more
  const Ran test = job.sh("go test ./...", later);
  INFO(test.text());
  CHECK(test.code() == 0);
  Env in_finish = later;
  in_finish["GITHUB_ACTION_PATH"] = (ci / "finish").string();
  const auto last = run_lines(ci / "finish/action.yml");
  REQUIRE(last.size() == 1);
  const Ran finish = job.sh(last[0], in_finish);
  INFO(finish.text());
  CHECK(finish.code() == 0);
  CHECK(std::regex_search(
      finish.out, std::regex("(^|\n)::warning title=gomend::" + alpha + ": .*; repaired\n")));
  CHECK(read_file(job.artefact() / "journal.jsonl").find(alpha) != std::string::npos);
  CHECK(fs::exists(job.artefact() / "stats.json"));
  CHECK(!fs::exists(bed.home / ".local/state/gomend"));
}

TEST_CASE("ci: a private module's name is in no annotation", "[e2e]") {
  Bed bed(gos().back());
  damage_alpha(bed);
  REQUIRE(bed.gomend({"build", "./..."}).code() == 0);
  bed.env["GOPRIVATE"] = "github.com/acme";
  REQUIRE(bed.companion({"history"}).out.find(alpha) != std::string::npos);
  const Ran ran = bed.companion({"history", "--github"});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out.starts_with("::warning title=gomend::"));
  CHECK(ran.out.find("acme") == std::string::npos);
}

TEST_CASE("ci: GitLab's template: its scripts run, over a damaged cache", "[e2e]") {
  Bed bed(gos().back());
  Job job(bed);
  const std::string yaml = read_file(ci / "gitlab.yml");
  const auto before = list_below(yaml, "before_script");
  const auto after = list_below(yaml, "after_script");
  REQUIRE(before.size() == 2);
  REQUIRE(after.size() == 1);
  const fs::path project = bed.tmp / "project";
  job.env["CI_PROJECT_DIR"] = project.string();
  job.env["GOMEND_RECIPE"] = (ci / "recipe").string();
  job.env["GOMEND_CI_DIR"] = (project / ".gomend").string();
  job.env["GOMODCACHE"] = (project / ".gomend/modules").string();
  copy_tree(bed.gomodcache, job.env["GOMODCACHE"]);
  const fs::path zip =
      fs::path(job.env["GOMODCACHE"]) / fs::relative(bed.zip(alpha), bed.gomodcache);
  damage(zip, "half");
  remove_tree(fs::path(job.env["GOMODCACHE"]) / fs::relative(bed.tree(alpha), bed.gomodcache));
  const Ran ran = job.sh(before[0] + "\n" + before[1] +
                         "\ncommand -v go\nGOMEND=off go build ./...\ngo test ./...");
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out.find((project / ".gomend/installed/bin/go").string() + "\n") != std::string::npos);
  const Ran finish = job.sh(after[0]);
  INFO(finish.text());
  CHECK(finish.code() == 0);
  CHECK(fs::exists(project / ".gomend/artefact/journal.jsonl"));
  remove_tree(project);
}

TEST_CASE("ci: the shell recipe: what the job evals holds no command that a directory's name holds",
          "[e2e]") {
  Bed bed(gos().back());
  Job job(bed);
  for (const char* name :
       {"it's", "a'; touch pwned; '", "$(touch pwned) `touch pwned`", "b\\\"c *"}) {
    const fs::path dir = bed.tmp / "odd" / name;
    job.env["GOMEND_CI_DIR"] = dir.string();
    const Ran ran = job.sh("eval \"$('" + (ci / "recipe").string() +
                           "' start)\"; command -v go; echo \"$XDG_STATE_HOME\"");
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(ran.out == (dir / "installed/bin/go").string() + "\n" + (dir / "state").string() + "\n");
    CHECK(!fs::exists(bed.app / "pwned"));
  }
}

TEST_CASE(
    "ci: the shell recipe: caches come back by their key, or by its beginning, whatever state "
    "the store is in",
    "[e2e]") {
  Bed bed(gos().back());
  Job job(bed);
  const fs::path store = bed.tmp / "store";
  job.env["GOMEND_CI_STORE"] = store.string();
  const std::string recipe = "'" + (ci / "recipe").string() + "' ";
  const auto step = [&](const std::string& name) {
    const Ran ran = job.sh("eval \"$(" + recipe + "start)\"; " + recipe + name);
    INFO(name << "\n" << ran.text());
    CHECK(ran.code() == 0);
    return ran.err;
  };
  CHECK(step("restore").find("no cache for ") != std::string::npos);
  CHECK(step("save").find("saved as ") != std::string::npos);
  CHECK(step("save").find("already saved") != std::string::npos);

  // Another machine: empty caches in other places.
  const fs::path other = bed.tmp / "other";
  job.env["GOMODCACHE"] = (other / "mod").string();
  job.env["GOCACHE"] = (other / "build").string();
  CHECK(step("restore").find("restored ") != std::string::npos);
  CHECK(difference(bed.modules(), snapshot(other / "mod"),
                   {.ignore = {"cache/gomend", "*.lock"}}) == "");
  CHECK(step("repair").find("could not") == std::string::npos);
  CHECK(job.sh("GOFLAGS=-mod=mod GOPROXY=off go build ./...").code() == 0);

  // Another build list: the newest that begins so.
  write_file(bed.app / "go.sum", read_file(bed.app / "go.sum") +
                                     "example.com/x v1.0.0/go.mod "
                                     "h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=\n");
  remove_tree(other);
  CHECK(step("restore").find("restored ") != std::string::npos);

  // A torn archive costs nothing but time.
  for (const auto& file : fs::directory_iterator(store))
    fs::resize_file(file.path(), fs::file_size(file.path()) / 2);
  remove_tree(other);
  CHECK(step("restore").find("is corrupt") != std::string::npos);
  step("repair");
  CHECK(job.sh("eval \"$(" + recipe + "start)\"; go build ./...").code() == 0);
  step("finish");
  remove_tree(other);

  CHECK(job.sh(recipe + "nosuch").code() == 2);
  job.env.erase("GOMEND_BINARY");
  remove_tree(bed.tmp / "runner");
  CHECK(job.sh(recipe + "start").code() == 1);
}

}  // namespace tests

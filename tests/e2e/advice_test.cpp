// Promise 5: what only a person can mend gets one line, and the command in it mends. Each situation
// is made with the real go; the command is taken out of the line and run as it stands, and then the
// user's own command succeeds. Where no command mends it, the line says so and why. And where go's
// own words name the command, there is no line.

#include <algorithm>
#include <functional>

#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/bed/world.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string old_alpha = "github.com/acme/alpha@v1.0.0";
const Args build = {"build", "./..."};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string sums_of(const Bed& bed, const std::string& module) {
  const std::string path = module.substr(0, module.find('@'));
  const std::string version = module.substr(module.find('@') + 1);
  return path + " " + version + " " + h1_of(bed.zip(module)) + "\n" + path + " " + version +
         "/go.mod " + h1_of(bed.download(module, ".mod")) + "\n";
}

// A bed with a project of one package that imports alpha; nothing of it is linked, so it is quick.
struct Place {
  explicit Place(const Go& go) : bed(go) {
    // The user's standing settings, which a test may have overridden by the environment.
    bed.env["GOENV"] = (bed.tmp / "goenv").string();
    go_mod("go 1.17\n\nrequire github.com/acme/alpha v1.1.0\n");
    imports({"github.com/acme/alpha"});
    sums({alpha});
  }

  void go_mod(const std::string& text) const {
    write_file(dir / "go.mod", "module example.com/place\n\n" + text);
  }
  void imports(const std::vector<std::string>& paths, const std::string& file = "place.go") const {
    std::string text = "package place\n";
    for (const std::string& path : paths) text += "\nimport _ \"" + path + "\"\n";
    write_file(dir / file, text);
  }
  void sums(const std::vector<std::string>& modules) const {
    std::string text;
    for (const std::string& module : modules) {
      if (!fs::exists(bed.zip(module))) (void)bed.go({"mod", "download", module}, {.cwd = bed.tmp});
      text += sums_of(bed, module);
    }
    write_file(dir / "go.sum", text);
  }
  void standing(const std::string& settings) const { write_file(bed.tmp / "goenv", settings); }

  // Modules that only this bed's source has: "github.com/acme/fork@v1.0.0" and its files.
  void publish(const std::string& module, const std::map<std::string, std::string>& files) const {
    const auto at = module.find('@');
    for (const auto& [name, text] : files)
      write_file(published / (escaped(module.substr(0, at)) + module.substr(at)) / name, text);
    bed.proxy.serve_first({published});
  }

  Ran git(Args args, const fs::path& where) const {
    args.insert(args.begin(), {"git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c",
                               "init.defaultBranch=main", "-c", "protocol.file.allow=always"});
    return run(args, {.env = bed.env, .cwd = where});
  }

  Bed bed;
  fs::path dir = bed.app / "place";
  fs::path published = bed.tmp / "published";
};

struct Row {
  std::string name;
  std::string words;  // in the line
  std::string next;   // the command, or a part of it; empty: no command mends it
  std::function<void(Place&)> make;
  Args args = build;
  bool again = true;  // the user's command then succeeds; false: what it asked for was the mistake
};

std::string tail_behind(const std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  return at == std::string::npos ? "" : text.substr(at + mark.size());
}

// Behind "run:", or "see:" where it only shows something.
std::string command_in(const std::string& line) {
  const std::string command = tail_behind(line, "; run: ");
  return command.empty() ? tail_behind(line, "; see: ") : command;
}

// go's words, less what it says of a module only the first time.
std::vector<std::string> faults_in(const std::string& text) {
  std::vector<std::string> words = go_words(text);
  std::erase_if(words,
                [](const std::string& line) { return line.starts_with("go: downloading "); });
  return words;
}

void check_advice(Place& place, const Row& row) {
  row.make(place);
  const RunOptions here = {.cwd = place.dir};
  const Ran plain = place.bed.go(row.args, here);
  const Ran ran = place.bed.gomend(row.args, here);
  INFO(row.name << "\nplain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(plain.code() != 0);
  CHECK(ran.code() == plain.code());
  CHECK(ran.out == plain.out);
  CHECK(faults_in(ran.err) == faults_in(plain.err));
  const auto words = gomend_words(ran.err);
  REQUIRE(words.size() == 1);
  CHECK(contains(words[0], row.words));
  const std::string command = command_in(words[0]);
  // A command is whole, however long it is; and a path of this machine is as long as it is.
  if (!contains(words[0], place.bed.tmp.parent_path().string()))
    CHECK(std::min(words[0].size() - command.size(), words[0].find(": go ")) <= 160);
  if (row.next.empty()) {
    CHECK(command.empty());
    return;
  }
  REQUIRE(contains(command, row.next));
  const Ran next = run({"/bin/sh", "-c", command}, {.env = place.bed.env, .cwd = place.dir});
  INFO("next: " << next.text());
  CHECK(next.code() == 0);
  if (!row.again) return;
  // What was overridden for one command stays overridden in the environment: then that was it.
  if (command.starts_with("env -u ") || command.find("=") < command.find("go ")) return;
  const Ran again = place.bed.gomend(row.args, here);
  INFO("again: " << again.text());
  CHECK(again.code() == 0);
  CHECK(gomend_words(again.err).empty());
}

void require_alpha_and(const Place& place, const std::string& more) {
  place.go_mod("go 1.17\n\nrequire github.com/acme/alpha v1.1.0\n\n" + more);
}

// A repository in which go.mod was changed on two branches.
void merge_conflict(const Place& place) {
  const auto commit = [&](const std::string& version) {
    place.go_mod("go 1.17\n\nrequire github.com/acme/alpha " + version + "\n");
    (void)place.git({"add", "-A"}, place.dir);
    (void)place.git({"commit", "-q", "-m", version}, place.dir);
  };
  place.sums({alpha, old_alpha});
  (void)place.git({"init", "-q"}, place.dir);
  commit("v1.1.0-0");
  (void)place.git({"checkout", "-q", "-b", "other"}, place.dir);
  commit("v1.0.0");
  (void)place.git({"checkout", "-q", "main"}, place.dir);
  commit("v1.1.0");
  (void)place.git({"merge", "other"}, place.dir);
}

void submodule(const Place& place) {
  const fs::path origin = place.bed.tmp / "origin";
  write_file(origin / "go.mod", "module github.com/acme/alpha\n\ngo 1.17\n");
  write_file(origin / "alpha.go", "package alpha\n");
  write_file(place.bed.home / ".gitconfig", "[protocol \"file\"]\n\tallow = always\n");
  for (const fs::path& repository : {origin, place.dir}) {
    (void)place.git({"init", "-q"}, repository);
    (void)place.git({"add", "-A"}, repository);
    (void)place.git({"commit", "-q", "-m", "first"}, repository);
  }
  (void)place.git({"submodule", "add", "-q", origin.string(), "third/alpha"}, place.dir);
  (void)place.git({"submodule", "deinit", "-q", "-f", "third/alpha"}, place.dir);
  require_alpha_and(place, "replace github.com/acme/alpha => ./third/alpha\n");
}

// github.com/acme/omega v1.0.0 has the package sub, and so has the module
// github.com/acme/omega/sub.
void ambiguity(const Place& place) {
  const std::string omega = "github.com/acme/omega", sub = "github.com/acme/omega/sub";
  place.publish(omega + "@v1.0.0", {{"go.mod", "module " + omega + "\n\ngo 1.17\n"},
                                    {"omega.go", "package omega\n"},
                                    {"sub/sub.go", "package sub\n"}});
  place.publish(sub + "@v1.0.0",
                {{"go.mod", "module " + sub + "\n\ngo 1.17\n"}, {"sub.go", "package sub\n"}});
  place.go_mod("go 1.17\n\nrequire (\n\t" + omega + " v1.0.0\n\t" + sub + " v1.0.0\n)\n");
  place.imports({sub});
  place.sums({omega + "@v1.0.0", sub + "@v1.0.0"});
}

void publish_fork(const Place& place) {
  place.publish(
      "github.com/acme/fork@v1.0.0",
      {{"go.mod", "module github.com/acme/alpha\n\ngo 1.17\n"}, {"alpha.go", "package alpha\n"}});
}

const std::vector<Row> project_rows = {
    {"a replacement's directory is gone",
     "go.mod: replace target ../gone of github.com/acme/alpha does not exist", "",
     [](Place& p) { require_alpha_and(p, "replace github.com/acme/alpha => ../gone\n"); }},
    {"two replacements' directories, one of them of a version",
     "or drop the replace directive: go mod edit "
     "-dropreplace=github.com/acme/alpha@v1.1.0 -dropreplace=github.com/acme/beta/v2",
     "",
     [](Place& p) {
       require_alpha_and(p,
                         "replace (\n\tgithub.com/acme/alpha v1.1.0 => /nowhere/alpha\n"
                         "\tgithub.com/acme/beta/v2 => ../beta\n)\n");
     }},
    {"a replacement's directory has no go.mod",
     "replace target ./empty of github.com/acme/alpha has no go.mod", "",
     [](Place& p) {
       fs::create_directories(p.dir / "empty");
       require_alpha_and(p, "replace github.com/acme/alpha => ./empty\n");
     }},
    {"a replacement is a submodule that was not checked out", "(a git submodule)",
     "submodule update --init third/alpha", submodule},
    {"a replacement of what was never published", "was never published", "",
     [](Place& p) {
       p.go_mod(
           "go 1.17\n\nrequire github.com/acme/alpha v0.0.0\n\n"
           "replace github.com/acme/alpha => ../gone\n");
     }},
    {"go.work uses a directory that is gone", "go.work: use ../gone: no go.mod there", "",
     [](Place& p) { write_file(p.dir / "go.work", "go 1.18\n\nuse (\n\t.\n\t../gone\n)\n"); }},
    {"an unfinished merge", "unresolved merge conflict at go.mod:5; resolve it, then: go mod tidy",
     "", merge_conflict},
    {"marks of a merge that nobody is in",
     "unresolved merge conflict at go.mod:5; resolve it, then: go mod tidy", "",
     [](Place& p) {
       p.go_mod(
           "go 1.17\n\n<<<<<<< HEAD\nrequire github.com/acme/alpha v1.1.0\n=======\n"
           "require github.com/acme/alpha v1.0.0\n>>>>>>> other\n");
     }},
    {"two modules have the package",
     "ambiguous import: github.com/acme/omega/sub is in github.com/acme/omega@v1.0.0 and", "",
     ambiguity},
    {"a fork under its own name beside the original",
     "github.com/acme/fork@v1.0.0: module declares its path as github.com/acme/alpha",
     "",
     [](Place& p) {
       publish_fork(p);
       require_alpha_and(p, "require github.com/acme/fork v1.0.0\n");
       p.sums({alpha, "github.com/acme/fork@v1.0.0"});
     },
     {"list", "-m", "all"}},
    {"a module that has been renamed is imported by its old name",
     "import and require it by that path", "",
     [](Place& p) {
       publish_fork(p);
       p.go_mod("go 1.17\n\nrequire github.com/acme/fork v1.0.0\n");
       p.imports({"github.com/acme/fork"});
       p.sums({"github.com/acme/fork@v1.0.0"});
     }},
    {"a module is asked for by its old name",
     "module declares its path as github.com/acme/alpha",
     "go get github.com/acme/alpha@v1.0.0",
     publish_fork,
     {"get", "github.com/acme/fork"},
     false},
    {"there is no go.sum", "missing go.sum", "go mod tidy",
     [](Place& p) { fs::remove(p.dir / "go.sum"); }},
    {"go.sum lacks two modules", "go.sum: 2 missing entries", "go mod tidy",
     [](Place& p) {
       require_alpha_and(p, "require github.com/acme/checkit v1.0.0\n");
       p.imports({"github.com/acme/alpha"});
       p.imports({"github.com/acme/checkit"}, "other/other.go");
       write_file(p.dir / "go.sum", "");
     }},
    {"a package that vendor lacks", "github.com/acme/alpha/unused: not in the vendor directory",
     "go mod vendor",
     [](Place& p) {
       (void)p.bed.go({"mod", "vendor"}, {.cwd = p.dir});
       p.imports({"github.com/acme/alpha", "github.com/acme/alpha/unused"});
     }},
};

const std::vector<Row> setting_rows = {
    {"GO111MODULE=off beside a go.mod", "GO111MODULE=off (from the environment) makes go ignore",
     "env -u GO111MODULE go build ./...", [](Place& p) { p.bed.env["GO111MODULE"] = "off"; }},
    {"GOPROXY=off and an empty cache",
     "alpha@v1.1.0: not in the module cache; GOPROXY=off (from the environment)",
     "env -u GOPROXY go build ./...",
     [](Place& p) {
       p.standing("GOPROXY=" + p.bed.proxy.url() + "\n");
       p.bed.env["GOPROXY"] = "off";
       remove_tree(p.bed.tree(alpha));
       fs::remove(p.bed.zip(alpha));
       fs::remove(p.bed.download(alpha, ".ziphash"));
     }},
    {"GOPROXY that is no URL",
     "GOPROXY (from go's env file) is not a list of URLs",
     "go env -u GOPROXY",
     [](Place& p) {
       p.standing("GOPROXY=foo\n");
       p.bed.env.erase("GOPROXY");
     },
     {"mod", "download", "github.com/acme/lonely@v9.0.0"},
     false},
    {"a version that was never made, and the cache has another",
     "github.com/acme/alpha@v1.9.9: unknown version",
     "go list -m -versions github.com/acme/alpha@latest",
     [](Place& p) { p.go_mod("go 1.17\n\nrequire github.com/acme/alpha v1.9.9\n"); },
     {"mod", "download"},
     false},
    {"a version that was never made is asked for",
     "github.com/acme/alpha@v1.9.9: unknown version (just tagged? proxies cache \"not found\" for "
     "30 "
     "min)",
     "go list -m -versions github.com/acme/alpha@latest",
     [](Place&) {},
     {"mod", "download", "github.com/acme/alpha@v1.9.9"},
     false},
    {"a proxy that wants a login", ": authentication required for " + alpha, "",
     [](Place& p) {
       remove_tree(p.bed.tree(alpha));
       fs::remove(p.bed.zip(alpha));
       fs::remove(p.bed.download(alpha, ".ziphash"));
       p.bed.proxy.fault({.match = "zip$", .kind = "status", .status = 401});
     }},
    {"a proxy that refuses", ": 403 Forbidden for " + alpha, "",
     [](Place& p) {
       remove_tree(p.bed.tree(alpha));
       fs::remove(p.bed.zip(alpha));
       fs::remove(p.bed.download(alpha, ".ziphash"));
       p.bed.proxy.fault({.match = "zip$", .kind = "status", .status = 403});
     }},
    {"a private module that the checksum database can't see",
     "code.example.org/secret@v1.0.0: not in the checksum database",
     "go env -w GOPRIVATE=code.example.org/secret",
     [](Place& p) {
       commit_to_git("code.example.org/secret", {{"go.mod", "module code.example.org/secret\n"}},
                     "v1.0.0");
       p.bed.env["HTTP_PROXY"] = p.bed.env["HTTPS_PROXY"] = modserver_url();
       p.bed.env["GOINSECURE"] = "*.example.org";
       p.bed.env["GOPROXY"] = p.bed.proxy.url() + ",direct";
       static const Sumdb database = p.bed.proxy.sumdb();
       database.fault({.match = "lookup/code",
                       .kind = "status",
                       .status = 404,
                       .body = "not found: code.example.org/secret@v1.0.0: invalid version: git "
                               "ls-remote -q origin in /tmp/x: exit status 128:\n\tfatal: could "
                               "not read Username for 'https://code.example.org'"});
       p.bed.env["GOSUMDB"] = database.with_url();
     },
     {"get", "code.example.org/secret@v1.0.0"}},
    {"a private module that only its repository has",
     "code.example.org/private: not found at 127.0.0.1",
     "go env -w GOPRIVATE=code.example.org/private",
     [](Place& p) {
       commit_to_git("code.example.org/private", {{"go.mod", "module code.example.org/private\n"}},
                     "v1.0.0");
       p.bed.env["HTTP_PROXY"] = p.bed.env["HTTPS_PROXY"] = modserver_url();
       p.bed.env["GOINSECURE"] = "*.example.org";
     },
     {"get", "code.example.org/private@latest"}},
};

// For go 1.21 and later, which know of toolchains.
const std::vector<Row> toolchain_rows = {
    {"GOTOOLCHAIN=local", "this project requires go >= 1.99 (have 1.",
     "GOTOOLCHAIN=auto go build ./...",
     [](Place& p) {
       p.go_mod("go 1.99\n");
       p.imports({});
       const fs::path bin = p.bed.tmp / "bin";
       write_file(bin / "go1.99.0", "#!/bin/sh\nexit 0\n");
       fs::permissions(bin / "go1.99.0", fs::perms{0755});
       p.bed.env["PATH"] += ":" + bin.string();
     }},
    {"a toolchain line that need not be", "is enough for its go line",
     "GOTOOLCHAIN=local go build ./...",
     [](Place& p) {
       p.go_mod("go 1.21\n\ntoolchain go1.99.0\n\nrequire github.com/acme/alpha v1.1.0\n");
       p.bed.env["GOTOOLCHAIN"] = "auto";
     }},
    {"a go line that no toolchain has", "go.mod requires go >= 1.99 (have 1.", "",
     [](Place& p) {
       p.go_mod("go 1.99\n\nrequire github.com/acme/alpha v1.1.0\n");
       p.bed.env["GOTOOLCHAIN"] = "auto";
     }},
    {"GOTOOLCHAIN is nonsense", "GOTOOLCHAIN (from the environment) is not a valid value",
     "env -u GOTOOLCHAIN go build ./...", [](Place& p) { p.bed.env["GOTOOLCHAIN"] = "banana"; }},
};

void check_rows(const Go& go, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    DYNAMIC_SECTION(go.version << ": " << row.name) {
      Place place(go);
      check_advice(place, row);
    }
  }
}

}  // namespace

TEST_CASE("advice about the project's own files: the command in the line mends", "[e2e]") {
  check_rows(gos().back(), project_rows);
}

TEST_CASE("advice about settings and sources: the command in the line mends", "[e2e]") {
  check_rows(gos().back(), setting_rows);
}

TEST_CASE("advice about toolchains: the command in the line mends", "[e2e]") {
  for (const Go& go : gos()) {
    if (go.minor >= 21) check_rows(go, toolchain_rows);
  }
}

TEST_CASE("a login that git is refused: the command in the line leads to the ssh key", "[e2e]") {
  Place place(gos().back());
  const std::string module = "code.example.org/locked@v1.0.0";
  commit_to_git("code.example.org/locked", {{"go.mod", "module code.example.org/locked\n"}},
                "v1.0.0");
  Env& env = place.bed.env;
  env["HTTP_PROXY"] = env["HTTPS_PROXY"] = modserver_url();
  env["GOINSECURE"] = env["GOPRIVATE"] = "*.example.org";
  const Args args = {"mod", "download", module};
  git_fault({.match = "locked", .kind = "status", .status = 401});
  const auto words_of = [&](const Ran& ran) {
    INFO(ran.text());
    CHECK(ran.code() == 1);
    const auto words = gomend_words(ran.err);
    REQUIRE(words.size() == 1);
    return words[0];
  };
  SECTION("there is none") {
    const std::string words = words_of(place.bed.gomend(args, {.cwd = place.dir}));
    CHECK(contains(words, ": authentication required for " + module));
    CHECK(contains(words, "add to " + (place.bed.home / ".netrc").string() +
                              ": machine 127.0.0.1 login NAME password TOKEN"));
  }
  SECTION("there is one") {
    write_file(place.bed.home / ".ssh/id_ed25519", "not looked at");
    const std::string words = words_of(place.bed.gomend(args, {.cwd = place.dir}));
    const std::string command = command_in(words);
    REQUIRE(command.starts_with("git config --global url.ssh://git@127.0.0.1/.insteadOf http://"));
    CHECK(run({"/bin/sh", "-c", command}, {.env = env, .cwd = place.dir}).code() == 0);
    // An ssh server of our own would ask for much: what git runs there is run here.
    const fs::path ssh = place.bed.tmp / "ssh";
    write_file(ssh,
               "#!/bin/sh\nfor last; do :; done\n"
               "exec sh -c \"$(echo \"$last\" | sed \"s,'/,'" +
                   git_root().parent_path().string() + "/,\")\"\n");
    fs::permissions(ssh, fs::perms{0755});
    env["GIT_SSH"] = ssh.string();
    env["GIT_CONFIG_COUNT"] = "1";
    env["GIT_CONFIG_KEY_0"] = "safe.directory";
    env["GIT_CONFIG_VALUE_0"] = "*";
    const Ran again = place.bed.gomend(args, {.cwd = place.dir});
    INFO(again.text());
    CHECK(again.code() == 0);
  }
  git_clear();
}

TEST_CASE("where go's own words name the command, or the fault is the user's, there is no line",
          "[e2e]") {
  struct Quiet {
    std::string name;
    Args args;
    std::function<void(Place&)> make;
  };
  const std::vector<Quiet> rows = {
      {"one missing line of go.sum", build,
       [](Place& p) { write_file(p.dir / "go.sum", "github.com/acme/x v1.0.0 h1:x=\n"); }},
      {"a package that nothing provides", build,
       [](Place& p) { p.imports({"github.com/acme/lonely"}); }},
      {"a package that is misspelt", build, [](Place& p) { p.imports({"no/such"}); }},
      {"vendor is out of step", build,
       [](Place& p) {
         write_file(p.dir / "vendor/modules.txt", "# github.com/acme/beta v1.0.0\n");
       }},
      {"a directive that go does not know", build,
       [](Place& p) { p.go_mod("go 1.17\n\nnonsense x\n"); }},
      {"a compile error", build,
       [](Place& p) { write_file(p.dir / "bad.go", "package place\n\nvar x int = \"\"\n"); }},
      {"with -json nothing of ours goes where data is read",
       {"mod", "download", "-json"},
       [](Place& p) { p.go_mod("go 1.17\n\nrequire github.com/acme/alpha v1.9.9\n"); }},
  };
  for (const Quiet& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Place place(gos().back());
      row.make(place);
      const Ran plain = place.bed.go(row.args, {.cwd = place.dir});
      const Ran ran = place.bed.gomend(row.args, {.cwd = place.dir});
      INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
      CHECK(plain.code() != 0);
      CHECK(ran.code() == plain.code());
      CHECK(ran.out == plain.out);
      CHECK(go_words(ran.err) == go_words(plain.err));
      CHECK(gomend_words(ran.err).empty());
    }
  }
}

}  // namespace tests

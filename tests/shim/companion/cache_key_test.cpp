// `gomend cache-key`: changes with each thing that changes what go would cache, and with nothing
// else; made without a network and without a module.

#include <functional>
#include <set>

#include "recovery/os/text.hpp"
#include "recovery/upkeep/cache_key.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

struct Keyed {
  explicit Keyed(const Go& go) : bed(go, {.modules = Modules::empty, .builds = Builds::empty}) {
    bed.env["CGO_ENABLED"] = "1";
    write_file(bed.app / "lib/go.mod", "module example.com/lib\n\ngo 1.17\n");
    write_file(bed.app / "lib/lib.go", "package lib\n");
    edit("go.mod", "go 1.17\n", "go 1.17\n\nreplace example.com/lib => ./lib\n");
    write_file(bed.app / "go.sum",
               "github.com/acme/alpha v1.1.0 h1:arHuKPkXEcUNLBevDXNHl3zfEQyZzxSFbBvX3B20zVU=\n"
               "github.com/acme/alpha v1.1.0/go.mod "
               "h1:nDyEzZ8ogv936Cinf6g1RU9MRY64Ir93oCnqb9wxYW0=\n");
  }

  [[nodiscard]] std::string key(const Args& options = {}) const {
    Args args = {"cache-key"};
    args.insert(args.end(), options.begin(), options.end());
    const Ran ran = bed.companion(args, {.cwd = cwd});
    INFO(ran.text());
    REQUIRE(ran.code() == 0);
    return ran.out;
  }

  void edit(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read_file(bed.app / file);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write_file(bed.app / file, text.replace(at, from.size(), to));
  }
  void append(const std::string& file, const std::string& text) const {
    write_file(bed.app / file, read_file(bed.app / file) + text);
  }

  Bed bed;
  fs::path cwd = {};
};

struct Change {
  std::string what;
  std::function<void(Keyed&)> make;
  int since = 0;  // minor version of Go
};

std::function<void(Keyed&)> env(const std::string& name, const std::string& value) {
  return [=](Keyed& k) { k.bed.env[name] = value; };
}
std::function<void(Keyed&)> edit(const std::string& file, const std::string& from,
                                 const std::string& to) {
  return [=](Keyed& k) { k.edit(file, from, to); };
}
std::function<void(Keyed&)> append(const std::string& file, const std::string& text) {
  return [=](Keyed& k) { k.append(file, text); };
}

const std::string go_sum_line =
    "github.com/acme/zeta v1.0.0 h1:nDyEzZ8ogv936Cinf6g1RU9MRY64Ir93oCnqb9wxYW0=\n";

std::vector<Change> that_count() {
  return {
      {"another system", env("GOOS", "windows")},
      {"another processor", env("GOARCH", "arm64")},
      {"a level of it", env("GOAMD64", "v3")},
      {"an experiment", env("GOEXPERIMENT", "fieldtrack")},
      {"tags", env("GOFLAGS", "-tags=integration")},
      {"trimpath", env("GOFLAGS", "-v -trimpath")},
      {"no cgo", env("CGO_ENABLED", "0")},
      {"another C compiler", env("CC", "nosuchcc")},
      {"its flags", env("CGO_CFLAGS", "-O3")},
      {"what it links", env("CGO_LDFLAGS", "-lm")},
      {"it calls itself otherwise",
       [](Keyed& k) {
         write_file(k.bed.root / "tmp/cc/gcc", "#!/bin/sh\necho gcc 99.1\n");
         fs::permissions(k.bed.root / "tmp/cc/gcc", fs::perms{0755});
         k.bed.env["PATH"] = (k.bed.root / "tmp/cc").string() + ":" + k.bed.env["PATH"];
       }},
      {"a version in go.mod", edit("go.mod", "acme/alpha v1.1.0", "acme/alpha v1.0.0")},
      {"one module less", edit("go.mod", "\tgithub.com/acme/zeta v1.0.0\n", "")},
      {"the go line", edit("go.mod", "go 1.17", "go 1.18")},
      {"a module replaced",
       append("go.mod", "\nreplace github.com/acme/big => github.com/acme/big v1.0.1\n")},
      {"a version excluded", append("go.mod", "\nexclude github.com/acme/big v1.0.1\n")},
      {"what a replacing directory requires",
       append("lib/go.mod", "\nrequire github.com/acme/big v1.0.0\n")},
      {"a tool", append("go.mod", "\ntool github.com/acme/toolbox/cmd/hello\n"), 24},
      {"a hash in go.sum", edit("go.sum", "h1:ar", "h1:br")},
      {"a line in go.sum", append("go.sum", go_sum_line)},
      {"a workspace", [](Keyed& k) { write_file(k.bed.app / "go.work", "go 1.18\n\nuse .\n"); }},
      {"a fetched toolchain",
       [](Keyed& k) {
         k.bed.env["GOTOOLCHAIN"] = "auto";
         k.edit("go.mod", "go 1.17", "go 1.17\n\ntoolchain go1.99.2");
       },
       21},
      {"a toolchain by name", env("GOTOOLCHAIN", "go1.99.1"), 21},
  };
}

std::vector<Change> that_do_not() {
  return {
      {"nothing at all", [](Keyed&) {}},
      {"another directory",
       [](Keyed& k) {
         k.cwd = k.bed.root / "tmp/elsewhere";
         copy_tree(k.bed.app, k.cwd);
       }},
      {"a directory below", [](Keyed& k) { k.cwd = k.bed.app / "pkg/calc"; }},
      {"PATH", [](Keyed& k) { k.bed.env["PATH"] += ":/opt/bin"; }},
      {"HOME", [](Keyed& k) { k.bed.env["HOME"] = k.bed.tmp.string(); }},
      {"where modules come from", env("GOPROXY", "off")},
      {"what is verified", env("GOPRIVATE", "example.com")},
      {"where the caches are",
       [](Keyed& k) { k.bed.env["GOMODCACHE"] = (k.bed.tmp / "mod").string(); }},
      {"and the build cache",
       [](Keyed& k) { k.bed.env["GOCACHE"] = (k.bed.tmp / "build").string(); }},
      {"a temporary directory", env("GOTMPDIR", "/tmp")},
      {"flags that compile nothing otherwise", env("GOFLAGS", "-v -mod=mod -count=1 -p=2")},
      {"a flag that is off", env("GOFLAGS", "-race=false")},
      {"a level of another processor", env("GOARM", "5")},
      {"what is there anyway", env("GOAMD64", "v1")},
      {"the order of go.sum",
       [](Keyed& k) {
         const std::string text = read_file(k.bed.app / "go.sum");
         const std::size_t end = text.find('\n') + 1;
         write_file(k.bed.app / "go.sum", text.substr(end) + text.substr(0, end));
       }},
      {"a line of go.sum twice, and an empty one",
       [](Keyed& k) { k.append("go.sum", "\n" + read_file(k.bed.app / "go.sum")); }},
      {"a comment in go.mod", edit("go.mod", "acme/big v1.0.0", "acme/big v1.0.0 // indirect")},
      {"how go.mod is laid out",
       [](Keyed& k) {
         k.edit("go.mod", "\tgithub.com/acme/zeta v1.0.0\n", "");
         k.append("go.mod", "require   github.com/acme/zeta   v1.0.0 // where it stands\n");
       }},
      {"a retract line", append("go.mod", "\nretract v0.0.1\n")},
      {"a source", append("main.go", "\n// more\n")},
      {"a source of a replacing directory", append("lib/lib.go", "\n// more\n")},
      {"a new file", [](Keyed& k) { write_file(k.bed.app / "new/new.go", "package new\n"); }},
      {"a toolchain that is older", edit("go.mod", "go 1.17", "go 1.17\n\ntoolchain go1.18.1")},
      {"the local toolchain by name",
       [](Keyed& k) { k.bed.env["GOTOOLCHAIN"] = k.bed.toolchain.version; }},
  };
}

// One bed for a whole table: what a row has changed is taken back.
void check_all(const std::vector<Change>& changes, bool must_change) {
  for (const Go* go : {&gos().front(), &gos().back()}) {
    Keyed k(*go);
    const Env env = k.bed.env;
    const fs::path saved = k.bed.root / "tmp/saved";
    copy_tree(k.bed.app, saved);
    const std::string base = k.key();
    for (const Change& change : changes) {
      if (go->minor < change.since) continue;
      change.make(k);
      INFO(go->version << ": " << change.what);
      CHECK((k.key() != base) == must_change);
      k.bed.env = env;
      k.cwd.clear();
      remove_tree(k.bed.app);
      copy_tree(saved, k.bed.app);
    }
    CHECK(k.bed.proxy.log_text() == "");
    if (gos().size() == 1) break;
  }
}

}  // namespace

TEST_CASE("cache-key changes with what changes what go would cache", "[e2e]") {
  check_all(that_count(), true);
}

TEST_CASE("cache-key changes with nothing else", "[e2e]") {
  check_all(that_do_not(), false);
}

TEST_CASE("cache-key: a workspace counts with all its members, and their order does not", "[e2e]") {
  Keyed k(gos().back());
  write_file(k.bed.app / "other/go.mod", "module example.com/other\n\ngo 1.17\n");
  write_file(k.bed.app / "go.work", "go 1.18\n\nuse (\n\t.\n\t./other\n)\n");
  const std::string base = k.key();
  write_file(k.bed.app / "go.work", "go 1.18\nuse ./other // second\nuse .\n");
  CHECK(k.key() == base);
  fs::rename(k.bed.app / "other", k.bed.app / "moved");
  write_file(k.bed.app / "go.work", "go 1.18\nuse ./moved\nuse .\n");
  CHECK(k.key() == base);
  k.append("moved/go.mod", "\nrequire github.com/acme/alpha v1.1.0\n");
  const std::string second = k.key();
  CHECK(second != base);
  write_file(k.bed.app / "go.work.sum", go_sum_line);
  const std::string third = k.key();
  CHECK(third != second);
  k.append("go.work", "\nreplace github.com/acme/big => github.com/acme/big v1.0.1\n");
  CHECK(k.key() != third);
  k.bed.env["GOWORK"] = "off";
  CHECK(k.key() != third);
}

TEST_CASE("cache-key: another go that calls itself the same is another", "[e2e]") {
  Keyed k(gos().back());
  const std::string base = k.key();
  const fs::path root = k.bed.toolchain.root();
  const fs::path copy = k.bed.root / "tmp/goroot";
  fs::path tools;
  for (const auto& entry : fs::directory_iterator(root / "pkg/tool")) tools = entry.path();
  const fs::path copied = copy / "pkg/tool" / tools.filename();
  fs::create_directories(copied);
  fs::create_directories(copy / "bin");
  fs::copy_file(root / "bin/go", copy / "bin/go");
  for (const char* name : {"src", "lib", "VERSION", "go.env", "pkg/include"})
    if (fs::exists(root / name)) fs::create_symlink(root / name, copy / name);
  for (const auto& entry : fs::directory_iterator(tools))
    fs::copy_file(entry.path(), copied / entry.path().filename());
  k.bed.env["PATH"] = (copy / "bin").string() + ":/usr/bin:/bin";
  CHECK(k.key() == base);  // the same go in another place
  write_file(copied / "link", read_file(copied / "link") + " ");
  CHECK(k.key() != base);
}

TEST_CASE("cache-key: what CIs allow, --restore is its beginning, a period lies between", "[e2e]") {
  Keyed k(gos().back());
  const auto is_plain = [](const std::string& key) {
    return key.size() < 512 && key.find_first_not_of(
                                   "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._-\n") == std::string::npos;
  };
  std::set<std::string> all;
  for (const Args& period :
       std::vector<Args>{{}, {"--period", "day"}, {"--period", "week"}, {"--period=month"}}) {
    Args restore = period;
    restore.emplace_back("--restore");
    std::string head = k.key(restore);
    head.pop_back();
    const std::string key = k.key(period);
    CHECK(is_plain(key));
    CHECK(key.starts_with(head));
    CHECK(key.size() > head.size() + 1);
    all.insert(head);
  }
  CHECK(all.size() == 4);
  const Json object = Json::parse(k.key({"--json", "--period", "week"}));
  CHECK(object["key"].text().starts_with(object["restore"].text()));
  CHECK(object["period"].text().find('W') == 4);
  CHECK(object["parts"]["GOOS"] == "linux");
  // Another build list can be restored from.
  const std::string restore = k.key({"--restore"});
  k.append("go.sum", go_sum_line);
  CHECK(k.key({"--restore"}) == restore);
}

TEST_CASE("cache-key: where there is no build list it says so, with status 2", "[e2e]") {
  Keyed k(gos().back());
  const auto says_so = [&](const Args& args) {
    Args all = {"cache-key"};
    all.insert(all.end(), args.begin(), args.end());
    const Ran ran = k.bed.companion(all, {.cwd = k.cwd});
    INFO(ran.text());
    CHECK(ran.code() == 2);
    CHECK(ran.out == "");
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  };
  k.cwd = k.bed.tmp;
  says_so({});
  k.cwd.clear();
  says_so({"--period", "year"});
  says_so({"word"});
  const std::string good = read_file(k.bed.app / "go.mod");
  for (const std::string& bad :
       {std::string(), std::string("\0\1\2", 3), std::string("require (\n"),
        good + "<<<<<<< HEAD\n=======\n>>>>>>> x\n"}) {
    write_file(k.bed.app / "go.mod", bad);
    says_so({});
  }
  write_file(k.bed.app / "go.mod", good);
  write_file(k.bed.app / "go.work", "go 1.18\nuse ./nosuch\n");
  says_so({});
}

TEST_CASE("cache-key: periods as ISO 8601 has them, in UTC") {
  using recovery::Period;
  using recovery::period_name;
  CHECK(period_name(Period::none, 0) == "");
  CHECK(period_name(Period::day, 1795867200) == "20261128");
  CHECK(period_name(Period::week, 1795867200) == "2026W48");
  CHECK(period_name(Period::month, 1795867200) == "202611");
  CHECK(period_name(Period::week, 1798761600) == "2026W53");  // Friday, 1 January 2027
}

TEST_CASE("cache-key: the flags that count, and the toolchain that go will fetch") {
  using recovery::compiling_flags;
  CHECK(compiling_flags("") == "");
  CHECK(compiling_flags("-v --trimpath -x") == "-trimpath");
  CHECK(compiling_flags("-tags=a -tags=b") == "-tags=b");
  CHECK(compiling_flags("-trimpath -tags=a") == compiling_flags("-tags=a -trimpath=true"));
  CHECK(compiling_flags("-race -race=false") == "");
  CHECK(compiling_flags("-mod=mod -modfile=x.mod") == "");
  CHECK(compiling_flags("-mod=vendor") == "-mod=vendor");
  CHECK(compiling_flags("'-ldflags=-s -w' -v") == "-ldflags=-s -w");
  CHECK(compiling_flags("-gcflags=a -gcflags=b") == "-gcflags=a -gcflags=b");

  using recovery::fetched_toolchain;
  CHECK(fetched_toolchain("auto", "go1.26.8", "1.21", "") == "");
  CHECK(fetched_toolchain("auto", "go1.26.8", "1.27.1", "") == "go1.27.1");
  CHECK(fetched_toolchain("auto", "go1.26.8", "1.27.1", "go1.28.0") == "go1.28.0");
  CHECK(fetched_toolchain("local", "go1.26.8", "1.27.1", "go1.28.0") == "");
  CHECK(fetched_toolchain("", "go1.19.8", "1.27.1", "go1.28.0") == "");
  CHECK(fetched_toolchain("go1.22.1", "go1.26.8", "1.27.1", "") == "go1.22.1");
  CHECK(fetched_toolchain("go1.22.1+auto", "go1.26.8", "1.21", "") == "go1.22.1");
  CHECK(fetched_toolchain("go1.22.1+path", "go1.26.8", "1.27.1", "") == "go1.27.1");
  CHECK(fetched_toolchain("go1.26.8", "go1.26.8", "1.21", "") == "");
}

}  // namespace tests
